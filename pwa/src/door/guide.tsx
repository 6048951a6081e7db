/** Putting Doorstep on the home screen, in the steps of the phone at hand. */
import { records as t } from '../i18n/records'
import { Button, Notice } from '../ui'
import { sending } from '../outbox'
import { installOffer, isStandalone, placeOf } from './install'

const STEPS = {
  ios: ['guide_ios_1', 'guide_ios_2', 'guide_ios_3', 'guide_ios_4'],
  wechat: ['guide_wechat_1', 'guide_wechat_2', 'guide_wechat_3'],
  other: ['guide_android_1', 'guide_android_2', 'guide_android_3'],
} as const

export function Guide() {
  const place = placeOf(navigator.userAgent, isStandalone())
  const offer = installOffer.value
  if (place === 'installed') {
    return (
      <section class="card stack">
        <h2>{t('guide')}</h2>
        <Notice tone="good">
          <p>{t('guide_done')}</p>
        </Notice>
      </section>
    )
  }
  async function install() {
    await offer?.prompt().catch(() => undefined)
    installOffer.value = null
  }
  return (
    <section class="card stack">
      <h2>{t('guide')}</h2>
      {place === 'other' ? (
        <p>{t('guide_why')}</p>
      ) : (
        <Notice tone="warn">
          <p>{t(place === 'ios' ? 'guide_why_ios' : 'guide_why_wechat')}</p>
        </Notice>
      )}
      {place === 'ios' && sending.value.unsent > 0 && <p>{t('guide_ios_send')}</p>}
      {offer ? (
        <Button kind="primary" wide icon="download" onClick={() => void install()}>
          {t('guide_install')}
        </Button>
      ) : (
        <ol class="steps">
          {STEPS[place].map((step) => (
            <li key={step}>{t(step)}</li>
          ))}
        </ol>
      )}
    </section>
  )
}
