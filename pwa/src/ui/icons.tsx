/** Line icons, drawn for this app on a 24 by 24 grid; they take the colour and the size of the text. */
const SHAPES = {
  home: 'M3 11.5 12 4l9 7.5M5.5 9.5V20h13V9.5M10 20v-5.5h4V20',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6',
  office: 'M4 20.5V5.5L13 3.5V20.5M13 9.5h7v11M2.5 20.5h19M7 9h3M7 13h3M7 17h3M16.5 13.5v.01M16.5 17v.01',
  medical: 'M9 3.5h6v5.5h5.5v6H15v5.5H9V15H3.5V9H9Z',
  meal: 'M3 11h18a9 7 0 0 1-5.5 7.5v1.5h-7v-1.5A9 7 0 0 1 3 11ZM8.5 7.5c-1-1 1-2 0-3.5M12.5 7.5c-1-1 1-2 0-3.5M16.5 7.5c-1-1 1-2 0-3.5',
  cleaning: 'M19.5 3.5 12.5 11M9 9.5l6 5.5-2 3c-3 2.5-6 3-9.5 2.5 1.5-.8 2-1.8 2.3-3.5M5.8 17c-.4-2.5 1-5.5 3.2-7.5M10 20.3c.6-.9 1-1.8 1.2-2.8',
  bathing: 'M3 12.5h18v1.5a5.5 5.5 0 0 1-5.5 5.5h-7A5.5 5.5 0 0 1 3 14ZM7 19.5l-1 1.5M17 19.5l1 1.5M5.5 12.5v-7a2 2 0 0 1 4-.3M8 7.5l3-2',
  unspecified: 'M9 9.2a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1-1.3 2.1M12 17.5v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  scan: 'M4 8.5V4h4.5M15.5 4H20v4.5M20 15.5V20h-4.5M8.5 20H4v-4.5M8 8h3v3H8ZM13.5 8H16M13.5 11H16v2.5M8 13.5h3M8 16h2.5M13.5 16H16',
  torch: 'M8 3.5h8v3.5l-2 3V20.5h-4V10L8 7ZM8 6.8h8M12 13v2',
  photo: 'M4 7.5h3.5L9 5h6l1.5 2.5H20V19H4ZM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z',
  keyboard: 'M3.5 6.5h17v11h-17ZM7 10v.01M10.3 10v.01M13.7 10v.01M17 10v.01M7 14h.01M10 14h4.5M17 14v.01',
  check: 'M5 12.5 10 17.5 19.5 7',
  cross: 'M6 6l12 12M18 6 6 18',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  next: 'M9.5 5.5 16 12l-6.5 6.5',
  warn: 'M12 4 2.8 20h18.4ZM12 10v4.5M12 17.3v.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.7v.01',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.3l3.5 2',
  phone: 'M7.5 2.5h9v19h-9ZM11 18.5h2',
  call: 'M5 4h4l1.7 4.5L8.5 10.3c1 2.3 2.9 4.2 5.2 5.2l1.8-2.2L20 15v4c0 .8-.6 1.3-1.3 1.2C10.8 19.5 4.5 13.2 3.8 5.3 3.7 4.6 4.2 4 5 4Z',
  send: 'M4 12 20.5 4 16 20l-4.5-6.5ZM11.5 13.5 20.5 4',
  reached: 'M4 12.5 8.5 17 17 7.5M12.5 16l1 1L21.5 8',
  counted: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12.3l3 3 5.5-6',
  refresh: 'M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5v4h-4',
  place: 'M12 21.5c4.5-5 7-8.5 7-11.5a7 7 0 1 0-14 0c0 3 2.5 6.5 7 11.5ZM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  list: 'M8.5 6H20M8.5 12H20M8.5 18H20M4.3 6v.01M4.3 12v.01M4.3 18v.01',
  records: 'M6 3.5h12v17l-3-2-3 2-3-2-3 2ZM9 8h6M9 12h6',
  settings: 'M4 7h9M17 7h3M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM4 17h3M11 17h9M9 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  people: 'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5c.6-3.5 3.2-5.2 6.5-5.2s5.9 1.7 6.5 5.2M15.5 4.8a3.5 3.5 0 0 1 0 6.5M17.5 14.7c2.2.6 3.6 2.2 4 4.8',
  file: 'M6 3h8l4.5 4.5V21H6ZM14 3v4.5h4.5',
  upload: 'M12 16V5M7.5 9 12 4.5 16.5 9M4 16v4h16v-4',
  download: 'M12 4v11M7.5 11 12 15.5 16.5 11M4 16v4h16v-4',
  card: 'M3 5.5h18v13H3ZM13.5 9h4v4h-4ZM6 9h4M6 12h4M6 15.5h3',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5l5 5',
  plus: 'M12 5v14M5 12h14',
  signout: 'M13.5 4H5v16h8.5M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5',
  shield: 'M12 3 4.5 6v5.5c0 4.5 3 8 7.5 9.5 4.5-1.5 7.5-5 7.5-9.5V6ZM8.5 12l2.5 2.5 4.5-5',
  nobody: 'M6 20.5v-17h12v17M3.5 20.5h17M14.5 12v.01M9 7.5l0 0',
  undo: 'M8.5 5 4 9.5 8.5 14M4 9.5h10a5.5 5.5 0 0 1 0 11H9',
  empty: 'M4 13.5 6.5 5h11l2.5 8.5V19H4ZM4 13.5h4.5l1.5 2.5h4l1.5-2.5H20',
  offline: 'M3.5 3.5l17 17M8.5 15.5a5 5 0 0 1 7 0M5.5 12.3a9.5 9.5 0 0 1 4-2.3M18.5 12.3a9.5 9.5 0 0 0-5-2.6M2.5 9a14 14 0 0 1 4-2.5M21.5 9A14 14 0 0 0 11 5.3M12 19v.01',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c2.5 2.5 3.8 5.5 3.8 9s-1.3 6.5-3.8 9c-2.5-2.5-3.8-5.5-3.8-9S9.5 5.5 12 3Z',
  calendar: 'M4 5.5h16v15H4ZM4 10h16M8.5 3v4M15.5 3v4',
  bell: 'M5.5 17.5V10.5a6.5 6.5 0 0 1 13 0v7M3.5 17.5h17M10 20.5a2.2 2.2 0 0 0 4 0',
  money: 'M7 4l5 7 5-7M6.5 11.5h11M6.5 15h11M12 11v9.5',
} as const

export type IconName = keyof typeof SHAPES

export function Icon({ name, label }: { name: IconName; label?: string }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      role={label ? 'img' : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
      focusable="false"
    >
      <path d={SHAPES[name]} />
    </svg>
  )
}
