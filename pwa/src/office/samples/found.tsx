/** What was found about a drawn visit, in order; the last one counts. */
import { s } from '../../i18n/samples'
import { Link } from '../../router'
import { dayClock, type IconName, Tag } from '../../ui'
import { type Inspection, type Kind, KINDS, type Outcome, OUTCOMES } from './model'
import './samples.css'

export const LOOKS: Record<Outcome, { icon: IconName; tone: 'good' | 'bad' | 'warn' }> = {
  confirmed: { icon: 'check', tone: 'good' },
  differs: { icon: 'warn', tone: 'bad' },
  did_not_happen: { icon: 'cross', tone: 'bad' },
  not_reached: { icon: 'call', tone: 'warn' },
}

const known = <T extends string>(all: readonly T[], one: string): T | undefined => all.find((each) => each === one)

export function toneOf(outcome: string): string {
  const found = known<Outcome>(OUTCOMES, outcome)
  return found ? LOOKS[found].tone : ''
}

export function OutcomeTag({ outcome }: { outcome: string }) {
  const found = known<Outcome>(OUTCOMES, outcome)
  return found ? <Tag {...LOOKS[found]}>{s(`out_${found}`)}</Tag> : <Tag>{outcome}</Tag>
}

function FoundLine({ one, link }: { one: Inspection; link: boolean }) {
  const kind = known<Kind>(KINDS, one.kind)
  return (
    <li>
      <OutcomeTag outcome={one.outcome} /> <small class="soft num">{s('found_by', { how: kind ? s(`kind_${kind}`) : one.kind, by: one.made_by, at: dayClock(one.at) })}</small>
      {one.note && <p>{one.note}</p>}
      {link && one.sample_id && (
        <Link to={`/office/samples/${one.sample_id}`} class="found-link">
          {s('to_sample')}
        </Link>
      )}
    </li>
  )
}

export function FoundList({ list, link = false }: { list: readonly Inspection[]; link?: boolean }) {
  return (
    <ol class="found">
      {list.map((one) => (
        <FoundLine key={one.at} one={one} link={link} />
      ))}
    </ol>
  )
}

/** The card on the page of one visit. */
export function FoundCard({ list, link }: { list: readonly Inspection[]; link: boolean }) {
  if (!list.length) return null
  return (
    <section class="card stack tight">
      <h2>{s('found_title')}</h2>
      <FoundList list={list} link={link} />
    </section>
  )
}
