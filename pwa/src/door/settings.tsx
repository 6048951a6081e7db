/** Who this phone is, how safe its records are, and the way out. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api } from '../api/client'
import { LanguageSwitch } from '../ui/language'
import { common } from '../i18n/common'
import { door as t } from '../i18n/door'
import { records } from '../i18n/records'
import { reminders } from '../i18n/reminders'
import { device, forgetDevice, sending } from '../outbox'
import { windowsOpen } from '../outbox/windows'
import { forgetPush } from '../push/subscribe'
import { Link, navigate } from '../router'
import { Button, Dialog, fullDay, Icon, Notice } from '../ui'
import { OutboxBar, Screen } from './frame'
import { Guide } from './guide'
import { carried } from './days'
import { refresh } from './state'

const LOW_BYTES = 20_000_000
const bytesText = (bytes: number) => (bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`)

export function Settings() {
  const persisted = useSignal<boolean | null>(null)
  const asked = useSignal(false)
  const windows = useSignal(1)
  const space = useSignal<{ used: number; left: number } | null>(null)
  const leaving = useSignal(false)
  const busy = useSignal(false)
  const who = device.value
  const { unsent } = sending.value
  const phone = carried.value?.provider.phone

  useEffect(() => {
    void navigator.storage?.persisted?.().then((yes) => (persisted.value = yes))
    void windowsOpen().then((n) => (windows.value = n))
    void navigator.storage?.estimate?.().then(({ usage = 0, quota = 0 }) => (space.value = quota ? { used: usage, left: quota - usage } : null))
  }, [])

  async function askToPersist() {
    persisted.value = (await navigator.storage?.persist?.().catch(() => false)) ?? false
    asked.value = true
  }

  async function signOff() {
    busy.value = true
    // The key goes in any case; the server revokes the phone when it can be reached.
    // Before the session goes: pop-ups of somebody who is no longer here would be a stranger's.
    await forgetPush('caregiver').catch(() => undefined)
    await api.del('/api/v1/devices/current', { timeoutMs: 5000 }).catch(() => undefined)
    await forgetDevice()
    busy.value = false
    navigate('/', { replace: true })
  }

  return (
    <Screen title={t('me_title')} nav>
      <OutboxBar />
      {who && (
        <section class="card">
          <dl class="facts">
            <dt>{t('me_who')}</dt>
            <dd>
              <strong>{who.caregiver.name}</strong>
            </dd>
            <dt>{t('me_provider')}</dt>
            <dd>{who.provider.name}</dd>
            <dt>{t('me_since')}</dt>
            <dd class="num">{fullDay(who.enrolled_at)}</dd>
            <dt>{t('me_unsent')}</dt>
            <dd class="num">{unsent}</dd>
            <dt>{t('me_version')}</dt>
            <dd class="num">{__APP_VERSION__}</dd>
          </dl>
          {phone && (
            <a class="button plain wide" href={`tel:${phone}`}>
              <Icon name="call" />
              {t('call_provider')}
            </a>
          )}
        </section>
      )}
      <Link to="/door/settings/reminders" class="button plain wide">
        <Icon name="bell" />
        {reminders('to_reminders')}
      </Link>
      <section class="card stack">
        <h2>{t('me_storage')}</h2>
        {persisted.value ? (
          <Notice tone="good" icon="shield">
            <p>{t('me_persisted')}</p>
          </Notice>
        ) : (
          <>
            <p>{t(asked.value ? 'me_persist_no' : 'me_not_persisted')}</p>
            {!asked.value && (
              <Button icon="shield" wide onClick={() => void askToPersist()}>
                {t('me_persist_ask')}
              </Button>
            )}
          </>
        )}
        {space.value && <p class="soft num">{records('store_used', { used: bytesText(space.value.used), left: bytesText(space.value.left) })}</p>}
        {space.value && space.value.left < LOW_BYTES && (
          <Notice tone="bad">
            <p>{records('store_low')}</p>
          </Notice>
        )}
        {!('serviceWorker' in navigator) && (
          <Notice tone="bad">
            <p>{records('no_worker')}</p>
          </Notice>
        )}
        {windows.value > 1 && (
          <Notice>
            <p>{records('tabs', { n: windows.value })}</p>
          </Notice>
        )}
      </section>
      <Guide />
      <section class="card row spread">
        <h2>{t('me_language')}</h2>
        <LanguageSwitch />
      </section>
      <Link to="/door/enrol" class="button plain wide">
        <Icon name="phone" />
        {t('me_enrol_again')}
      </Link>
      <Button kind="danger" wide icon="signout" onClick={() => (leaving.value = true)}>
        {t('me_sign_off')}
      </Button>
      {leaving.value && (
        <Dialog
          title={t('me_sign_off_title')}
          onClose={() => (leaving.value = false)}
          actions={
            <>
              {unsent ? (
                <Button kind="primary" icon="send" busy={sending.value.busy} onClick={() => void refresh()}>
                  {t('out_send')}
                </Button>
              ) : (
                <Button kind="danger" icon="signout" busy={busy.value} onClick={() => void signOff()}>
                  {t('me_sign_off_yes')}
                </Button>
              )}
              <Button onClick={() => (leaving.value = false)}>{common('cancel')}</Button>
            </>
          }
        >
          <p>{t('me_sign_off_hint')}</p>
          {unsent > 0 && (
            <Notice tone="warn">
              <p>{t('me_sign_off_wait', { n: unsent })}</p>
            </Notice>
          )}
        </Dialog>
      )}
    </Screen>
  )
}
