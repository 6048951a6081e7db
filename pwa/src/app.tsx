/** The shell: which area the address belongs to, the start page, and the bar that offers a new version. */
import { Component, type ComponentChildren, type FunctionComponent } from 'preact'
import { common } from './i18n/common'
import { Link, path } from './router'
import { Button, EmptyState, Icon, Toasts } from './ui'
import { LanguageSwitch } from './ui/language'
import { lazy } from './ui/lazy'
import { applyUpdate, updateReady, updating } from './update'

export { LanguageSwitch } from './ui/language'

/** An area gets the rest of the address after its own name: `/office/visits/7` is `/visits/7`. */
export type Area = FunctionComponent<{ path: string }>

const AREAS: Record<string, Area> = {
  door: lazy(async () => (await import('./door')).default),
  dispatch: lazy(async () => (await import('./dispatch')).default),
  office: lazy(async () => (await import('./office')).default),
  family: lazy(async () => (await import('./family')).default),
}

/** Links that are handed out: a caregiver's enrolment, a family's invitation. */
const LINKS: Record<string, string> = { E: 'door', F: 'family' }

function Start() {
  return (
    <main class="start">
      <div class="brand">
        <img src="/icons/icon-192.png" alt="" width="64" height="64" />
        <div>
          <h1>{common('app')}</h1>
          <p class="soft">{common('tagline')}</p>
        </div>
      </div>
      <h2>{common('start_title')}</h2>
      <Link to="/door" class="choice">
        <Icon name="person" />
        <span class="grow">
          <strong>{common('start_caregiver')}</strong>
          <span class="soft">{common('start_caregiver_hint')}</span>
        </span>
        <Icon name="next" />
      </Link>
      <Link to="/family" class="choice">
        <Icon name="home" />
        <span class="grow">
          <strong>{common('start_family')}</strong>
          <span class="soft">{common('start_family_hint')}</span>
        </span>
        <Icon name="next" />
      </Link>
      <Link to="/office" class="choice">
        <Icon name="office" />
        <span class="grow">
          <strong>{common('start_office')}</strong>
          <span class="soft">{common('start_office_hint')}</span>
        </span>
        <Icon name="next" />
      </Link>
      <div class="foot">
        <LanguageSwitch />
      </div>
    </main>
  )
}

function NotFound() {
  return (
    <main>
      <h1 class="only-read">{common('app')}</h1>
      <EmptyState icon="search" title={common('not_found')}>
        <p>{common('not_found_hint')}</p>
        <Link to="/" class="button primary">
          {common('home')}
        </Link>
      </EmptyState>
    </main>
  )
}

class Guard extends Component<{ children: ComponentChildren }, { error: unknown }> {
  override state: { error: unknown } = { error: null }
  override componentDidCatch(error: unknown) {
    console.error(error)
    this.setState({ error })
  }
  override render() {
    if (!this.state.error) return this.props.children
    return (
      <EmptyState icon="warn" title={common('crashed')}>
        <p>{common('crashed_hint')}</p>
        <Button kind="primary" onClick={() => location.reload()}>
          {common('reload')}
        </Button>
      </EmptyState>
    )
  }
}

function UpdateBar() {
  if (!updateReady.value) return null
  return (
    <div class="update-bar" role="status">
      <span>{updating.value ? common('update_waits') : common('update_ready')}</span>
      {!updating.value && <Button onClick={applyUpdate}>{common('update_now')}</Button>}
    </div>
  )
}

function Page() {
  const [, first = '', ...rest] = path.value.split('/')
  if (first === '') return <Start />
  const link = first.toUpperCase()
  const name = LINKS[link] ?? first
  const Found = AREAS[name]
  return Found ? <Found key={name} path={`${LINKS[link] ? `/${link}` : ''}/${rest.join('/')}`} /> : <NotFound />
}

export function App() {
  return (
    <Guard>
      <UpdateBar />
      <Page />
      <Toasts />
    </Guard>
  )
}
