/** The texts printed in codes: the household token, the enrolment secret and the short code that is typed. */

const TOKEN = /^1[0-9A-HJKMNP-TV-Z]{26}$/
const SECRET = /^[0-9A-Z]{8,64}$/

export type Scan =
  | { kind: 'home'; token: string }
  | { kind: 'enrol'; secret: string }
  /** It says that it is ours, but its token is not whole. */
  | { kind: 'malformed' }
  | { kind: 'foreign' }

/** Only ASCII: toUpperCase() would make letters of ours out of foreign ones. */
const upper = (text: string) => text.replace(/[a-z]/g, (char) => char.toUpperCase())

/** Reads what a QR code says. The token counts, whatever the host: a change of domain must not kill printed cards. */
export function readScan(text: string): Scan {
  const found = /^https?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?\/(Q|E)\/([^/?#\s]*)\/?(?:[?#]\S*)?$/i.exec(text.trim())
  if (!found) return { kind: 'foreign' }
  const [, kind = '', rest = ''] = found
  const value = upper(rest)
  if (kind.toUpperCase() === 'E') return SECRET.test(value) ? { kind: 'enrol', secret: value } : { kind: 'malformed' }
  const token = value.replace(/[ILO]/g, (char) => (char === 'O' ? '0' : '1'))
  return TOKEN.test(token) ? { kind: 'home', token } : { kind: 'malformed' }
}

/** An enrolment secret that was typed or pasted, also as the whole address; null when it cannot be one. */
export function readSecret(text: string): string | null {
  const scan = readScan(text)
  if (scan.kind === 'enrol') return scan.secret
  const value = upper(toHalfWidth(text).replace(/[\s-]/g, ''))
  return SECRET.test(value) ? value : null
}

function toHalfWidth(text: string): string {
  return text.replace(/[\uff01-\uff5e]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0)).replace(/[\u3000]/g, ' ')
}

/** The digits of a typed short code, at most nine; full-width digits, dashes and blanks are fine. */
export function shortCodeDigits(text: string): string {
  return toHalfWidth(text).replace(/\D/g, '').slice(0, 9)
}

/** 123-456-789 */
export function formatShortCode(digits: string): string {
  return digits.replace(/(\d{3})(?=\d)/g, '$1-')
}

/** The check digit of the first eight digits (Luhn). */
export function checkDigit(eight: string): number {
  let sum = 0
  for (let i = 0; i < eight.length; i++) {
    const digit = Number(eight[eight.length - 1 - i])
    const weighted = i % 2 === 0 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return (10 - (sum % 10)) % 10
}

export function isShortCode(digits: string): boolean {
  return /^\d{9}$/.test(digits) && checkDigit(digits.slice(0, 8)) === Number(digits[8])
}
