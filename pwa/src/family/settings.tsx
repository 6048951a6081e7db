/** How large the letters are, what one is told, whose visits are seen, and how this device stops seeing them. */
import { useSignal } from '@preact/signals'
import { asProblem } from '../api/client'
import { common } from '../i18n/common'
import { family as t } from '../i18n/family'
import { Link, navigate } from '../router'
import { Button, Dialog, Icon, toast } from '../ui'
import { LanguageSwitch } from '../ui/language'
import { lazy } from '../ui/lazy'
import { Page } from './frame'
import { leave, me, setLargeType } from './state'

const Tell = lazy<object>(async () => (await import('./tell')).Tell)

export function SettingsPage() {
  const asked = useSignal(false)
  const busy = useSignal(false)
  const large = me.value?.large_type ?? true

  async function attempt(work: () => Promise<void>) {
    busy.value = true
    try {
      await work()
    } catch (error) {
      toast(asProblem(error).title, { bad: true })
    } finally {
      busy.value = false
    }
  }

  return (
    <Page title={t('settings_title')} tabs>
      <section class="card stack">
        <h2>{t('type_size')}</h2>
        <div class="choices two" role="radiogroup" aria-label={t('type_size')}>
          {([false, true] as const).map((one) => (
            <button key={String(one)} type="button" role="radio" aria-checked={large === one} onClick={() => void attempt(() => setLargeType(one))}>
              {t(one ? 'type_large' : 'type_normal')}
            </button>
          ))}
        </div>
      </section>
      <Tell />
      <section class="card stack">
        <h2>{t('whom')}</h2>
        <ul class="stack tight">
          {me.value?.elders.map((one) => (
            <li key={one.id} class="row">
              <Icon name="person" /> <strong>{one.name}</strong> <span class="soft">{one.relation}</span>
            </li>
          ))}
        </ul>
        <Link to="/family/join" class="button plain wide">
          {t('join_more')}
        </Link>
        <p class="soft">{t('privacy')}</p>
      </section>
      <LanguageSwitch />
      <Button kind="danger" wide icon="signout" onClick={() => (asked.value = true)}>
        {t('leave')}
      </Button>
      {asked.value && (
        <Dialog
          title={t('leave_ask')}
          onClose={() => (asked.value = false)}
          actions={
            <>
              <Button onClick={() => (asked.value = false)}>{common('cancel')}</Button>
              <Button
                kind="danger"
                busy={busy.value}
                onClick={() =>
                  void attempt(async () => {
                    await leave()
                    toast(t('left_phone'))
                    navigate('/family', { replace: true })
                  })
                }
              >
                {t('leave')}
              </Button>
            </>
          }
        >
          <p>{t('leave_hint')}</p>
        </Dialog>
      )}
    </Page>
  )
}
