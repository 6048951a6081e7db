/** The homes to choose from: a table where there is room, cards on a phone. */
import type { Household } from '../api/wire'
import { t } from '../i18n/office'
import { Tag } from '../ui'
import { fullDay } from '../ui/format'
import { type Chosen, MOST } from './selection'

export interface ListProps {
  homes: readonly Household[]
  chosen: Chosen
  onFlip: (homes: readonly Household[], on: boolean) => void
}

export const elderNames = (home: Household): string => home.elders.map((one) => one.name).join(t('and')) || '—'

function CodeWord({ home }: { home: Household }) {
  if (!home.code) return <Tag icon="card">{t('cards_code_none')}</Tag>
  return (
    <span class="code-word">
      <Tag icon="check" tone="good">
        {t('cards_code', { n: home.code.version })}
      </Tag>
      <small class="soft num">{t('cards_code_since', { day: fullDay(home.code.issued_at) })}</small>
    </span>
  )
}

function PointWord({ home }: { home: Household }) {
  if (home.point) return <span class="soft">{t('cards_point_yes')}</span>
  return (
    <Tag icon="place" tone="warn">
      {t('cards_without_point')}
    </Tag>
  )
}

function All({ homes, chosen, onFlip }: ListProps) {
  const on = homes.filter((home) => chosen.has(home.id)).length
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={on > 0 && on === homes.length}
        ref={(box) => {
          if (box) box.indeterminate = on > 0 && on < homes.length
        }}
        onChange={(event) => onFlip(homes, event.currentTarget.checked)}
      />
      {t('cards_select_shown')}
    </label>
  )
}

function Box({ home, chosen, onFlip }: { home: Household } & Omit<ListProps, 'homes'>) {
  const on = chosen.has(home.id)
  return (
    <input
      type="checkbox"
      checked={on}
      disabled={!on && chosen.size >= MOST}
      aria-label={t('cards_select', { home: `${elderNames(home)} ${home.address}` })}
      onChange={(event) => onFlip([home], event.currentTarget.checked)}
    />
  )
}

export function HomeTable(props: ListProps) {
  return (
    <div class="table-box">
      <div class="table-top">
        <All {...props} />
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col" class="box">
              <span class="only-read">{t('cards_select_shown')}</span>
            </th>
            <th scope="col">{t('cards_col_elders')}</th>
            <th scope="col">{t('cards_col_home')}</th>
            <th scope="col">{t('cards_col_area')}</th>
            <th scope="col">{t('cards_col_code')}</th>
            <th scope="col">{t('cards_col_point')}</th>
          </tr>
        </thead>
        <tbody>
          {props.homes.map((home) => (
            <tr key={home.id} class={props.chosen.has(home.id) ? 'chosen' : undefined}>
              <td class="box">
                <Box home={home} chosen={props.chosen} onFlip={props.onFlip} />
              </td>
              <th scope="row">{elderNames(home)}</th>
              <td>{home.address}</td>
              <td>
                {home.subdistrict}
                <small class="soft">{home.community}</small>
              </td>
              <td>
                <CodeWord home={home} />
              </td>
              <td>
                <PointWord home={home} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function HomeCards(props: ListProps) {
  return (
    <div class="stack tight">
      <All {...props} />
      <ul class="stack tight">
        {props.homes.map((home) => (
          <li key={home.id} class={props.chosen.has(home.id) ? 'home-card card chosen' : 'home-card card'}>
            <Box home={home} chosen={props.chosen} onFlip={props.onFlip} />
            <div class="grow">
              <b class="big-name">{elderNames(home)}</b>
              <small class="soft">{home.address}</small>
              <span class="row wrap">
                <CodeWord home={home} />
                {!home.point && <PointWord home={home} />}
              </span>
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}
