/** The office area: signing in, printed cards, the roster import. The day itself is in the dispatch area. */
import { useEffect } from 'preact/hooks'
import { common } from '../i18n/common'
import { Link, match, navigate } from '../router'
import { EmptyState } from '../ui'
import { lazy } from '../ui/lazy'
import type { Me } from '../api/wire'
import { Cards } from './cards'
import { Signed } from './frame'
import { Imports } from './imports'
import { Run } from './run'
import './office.css'
import './review/review.css'

const Queue = lazy<object>(async () => (await import('./review/queue')).Queue)
const ReviewPage = lazy<{ id: string; who: Me }>(async () => (await import('./review/visit')).ReviewPage)
const FeedbackPage = lazy<{ who: Me }>(async () => (await import('./review/feedback')).FeedbackPage)
const ElderFamilyPage = lazy<{ id: string }>(async () => (await import('./review/elder-family')).ElderFamilyPage)
const Samples = lazy<{ who: Me }>(async () => (await import('./samples/list')).Samples)
const SamplePage = lazy<{ id: string }>(async () => (await import('./samples/one')).SamplePage)

const FiguresPage = lazy<object>(async () => (await import('./reports/figures')).FiguresPage)
const RegisterPage = lazy<object>(async () => (await import('./reports/register')).RegisterPage)
const AuditPage = lazy<object>(async () => (await import('./reports/audit')).AuditPage)

function Home() {
  useEffect(() => navigate('/dispatch', { replace: true }), [])
  return null
}

export default function Area({ path }: { path: string }) {
  const plain = path.replace(/\/$/, '')
  const run = match('/import/:id', path)
  if (run?.id) return <Signed place="import">{() => <Run key={run.id} id={run.id as string} />}</Signed>
  if (plain === '/import') return <Signed place="import">{() => <Imports />}</Signed>
  const review = match('/review/:id', path)
  if (review?.id) return <Signed place="review">{(who) => <ReviewPage key={review.id} id={review.id as string} who={who} />}</Signed>
  if (plain === '/review') return <Signed place="review">{() => <Queue />}</Signed>
  if (plain === '/feedback') return <Signed place="feedback">{(who) => <FeedbackPage who={who} />}</Signed>
  const sample = match('/samples/:id', path)
  if (sample?.id) return <Signed place="samples">{() => <SamplePage key={sample.id} id={sample.id as string} />}</Signed>
  if (plain === '/samples') return <Signed place="samples">{(who) => <Samples who={who} />}</Signed>
  const family = match('/elders/:id/family', path)
  if (family?.id) return <Signed place="families">{() => <ElderFamilyPage key={family.id} id={family.id as string} />}</Signed>
  if (plain === '/figures') return <Signed place="figures">{() => <FiguresPage />}</Signed>
  if (plain === '/register') return <Signed place="register">{() => <RegisterPage />}</Signed>
  if (plain === '/audit') return <Signed place="audit">{() => <AuditPage />}</Signed>
  if (plain === '/cards') return <Signed place="cards">{(who) => <Cards who={who} />}</Signed>
  if (plain === '') return <Signed place="today">{() => <Home />}</Signed>
  return (
    <EmptyState icon="search" title={common('not_found')}>
      <p>{common('not_found_hint')}</p>
      <Link to="/office" class="button primary">
        {common('home')}
      </Link>
    </EmptyState>
  )
}
