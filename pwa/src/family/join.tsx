/** Opening the pages for the first time on a device: by the station's link, or by the code on its slip. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { asProblem, type Problem } from '../api/client'
import { family as t } from '../i18n/family'
import { navigate } from '../router'
import { Button, ErrorState, Field, Icon, Loading, toast } from '../ui'
import { LanguageSwitch } from '../ui/language'
import { Page } from './frame'
import { join, me } from './state'

export function Join({ secret: linked }: { secret?: string }) {
  const secret = useSignal(linked ?? null)
  const code = useSignal('')
  const busy = useSignal(false)
  const problem = useSignal<Problem | null>(null)
  useEffect(() => {
    // The secret does not stay in the address bar or the history.
    if (linked !== undefined) history.replaceState(history.state, '', '/family/join')
  }, [])

  async function open() {
    busy.value = true
    problem.value = null
    try {
      await join(secret.value ? { secret: secret.value } : { code: code.value.trim() })
      toast(t('joined'))
      navigate('/family', { replace: true })
    } catch (error) {
      problem.value = asProblem(error)
      // A link that is used up does not come back: the code stays as a way.
      if (!problem.value.passing) secret.value = null
    } finally {
      busy.value = false
    }
  }

  return (
    <Page title={t('join_title')} {...(me.value ? { back: '/family' } : {})}>
      <div class="join">
        <Icon name="home" />
        {busy.value && <Loading label={t('join_busy')} />}
        {problem.value && <ErrorState error={problem.value} {...(problem.value.passing ? { onRetry: () => void open() } : {})} />}
        {!busy.value && secret.value && (
          <>
            <p>{t('join_link')}</p>
            <Button kind="primary" big wide icon="check" onClick={() => void open()}>
              {t('join_link_go')}
            </Button>
          </>
        )}
        {!busy.value && !secret.value && (
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault()
              void open()
            }}
          >
            <p>{t('join_hint')}</p>
            <Field label={t('join_code')} hint={t('join_code_hint')}>
              {(tied) => (
                <input
                  {...tied}
                  class="input code"
                  autocomplete="off"
                  autocapitalize="characters"
                  spellcheck={false}
                  maxLength={20}
                  value={code.value}
                  onInput={(event) => (code.value = event.currentTarget.value)}
                />
              )}
            </Field>
            <Button kind="primary" big wide type="submit" disabled={code.value.trim().length < 8}>
              {t('join_go')}
            </Button>
          </form>
        )}
        <p class="soft">{t('join_once')}</p>
        <p class="soft">{t('join_none')}</p>
        <LanguageSwitch />
      </div>
    </Page>
  )
}
