/** The bell in the head of every desk screen: how many things wait, and the way to them. */
import { useEffect } from 'preact/hooks'
import { me } from '../../api/session'
import { r } from '../../i18n/desk-reminders'
import { mendHere } from '../../push/subscribe'
import { Link, path } from '../../router'
import { Icon } from '../../ui'
import { calls, desk, start } from './counts'
import './reminders.css'

export function Bell() {
  const owner = me.value?.account_id
  useEffect(start, [])
  useEffect(() => {
    if (owner) void mendHere({ audience: 'dispatcher', owner }).catch(() => undefined)
  }, [owner])
  const n = (calls.value?.length ?? 0) + (desk.value?.length ?? 0)
  const here = path.value.startsWith('/dispatch/reminders')
  const to = !calls.value?.length && desk.value?.length ? '/dispatch/reminders/desk' : '/dispatch/reminders'
  return (
    <Link to={to} class={n ? 'bell some' : 'bell'} aria-label={n ? r('bell_n', { n }) : r('bell')} {...(here ? { 'aria-current': 'page' as const } : {})}>
      <Icon name="bell" />
      <span class="bell-word">{r('bell')}</span>
      {n > 0 && <b class="num">{n > 99 ? '99+' : n}</b>}
    </Link>
  )
}
