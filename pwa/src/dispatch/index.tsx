/** The dispatch area: the day, one visit, caregivers and their phones. */
import { useEffect } from 'preact/hooks'
import { common } from '../i18n/common'
import type { Me } from '../api/wire'
import { Signed } from '../office/frame'
import { Link, match, navigate } from '../router'
import { EmptyState } from '../ui'
import { lazy } from '../ui/lazy'
import { type Part, partOf } from './reminders/parts'
import { Today } from './today'
import { Visit } from './visit'
import './dispatch.css'

const Reminders = lazy<{ who: Me; part: Part }>(async () => (await import('./reminders')).Reminders)
const Caregivers = lazy<{ who: Me }>(async () => (await import('./caregivers')).Caregivers)
const Lanes = lazy<{ who: Me }>(async () => (await import('./lanes')).Lanes)
const Elders = lazy<object>(async () => (await import('./folk/elders')).Elders)
const Elder = lazy<{ id: string; who: Me }>(async () => (await import('./folk/elder')).Elder)
const CaregiverPage = lazy<{ id: string }>(async () => (await import('./folk/caregiver')).CaregiverPage)
const HandIn = lazy<object>(async () => (await import('./hand-in')).HandIn)

export default function Area({ path }: { path: string }) {
  const visit = match('/visits/:id', path)
  const plain = path.replace(/\/$/, '')
  useEffect(() => {
    if (plain === '/visits') navigate('/dispatch', { replace: true })
  }, [plain])
  if (visit?.id) return <Signed place="today">{(who) => <Visit key={visit.id} id={visit.id as string} who={who} />}</Signed>
  if (plain === '/caregivers') return <Signed place="caregivers">{(who) => <Caregivers who={who} />}</Signed>
  const elder = match('/elders/:id', path)
  if (elder?.id) return <Signed place="elders">{(who) => <Elder key={elder.id} id={elder.id as string} who={who} />}</Signed>
  if (plain === '/elders') return <Signed place="elders">{() => <Elders />}</Signed>
  const person = match('/caregivers/:id', path)
  if (person?.id) return <Signed place="caregivers">{() => <CaregiverPage key={person.id} id={person.id as string} />}</Signed>
  if (plain === '/board') return <Signed place="today">{(who) => <Lanes who={who} />}</Signed>
  if (plain === '/hand-in') return <Signed place="hand_in">{() => <HandIn />}</Signed>
  const reminders = /^\/reminders(?:\/(\w+))?$/.exec(plain)
  const part = reminders && partOf(reminders[1])
  if (part) return <Signed place="reminders">{(who) => <Reminders who={who} part={part} />}</Signed>
  if (plain === '') return <Signed place="today">{(who) => <Today who={who} />}</Signed>
  return (
    <EmptyState icon="search" title={common('not_found')}>
      <p>{common('not_found_hint')}</p>
      <Link to="/dispatch" class="button primary">
        {common('home')}
      </Link>
    </EmptyState>
  )
}
