/** The office area: signing in, printed cards, the roster import. The day itself is in the dispatch area. */
import { useEffect } from 'preact/hooks'
import { common } from '../i18n/common'
import { Link, match, navigate } from '../router'
import { EmptyState } from '../ui'
import { Cards } from './cards'
import { Signed } from './frame'
import { Imports } from './imports'
import { Run } from './run'
import './office.css'

function Home() {
  useEffect(() => navigate('/dispatch', { replace: true }), [])
  return null
}

export default function Area({ path }: { path: string }) {
  const plain = path.replace(/\/$/, '')
  const run = match('/import/:id', path)
  if (run?.id) return <Signed place="import">{() => <Run key={run.id} id={run.id as string} />}</Signed>
  if (plain === '/import') return <Signed place="import">{() => <Imports />}</Signed>
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
