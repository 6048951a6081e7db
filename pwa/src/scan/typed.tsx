/** Typing what cannot be scanned. */
import { useSignal } from '@preact/signals'
import { scan as t } from '../i18n/scan'
import { formatShortCode, isShortCode, readSecret, shortCodeDigits } from '../rules/codes'
import { Button, Field } from '../ui'

export function TypedCode({ subject, onCode, onBack }: { subject?: string | undefined; onCode: (digits: string) => void; onBack: () => void }) {
  const digits = useSignal('')
  const wrong = useSignal(false)
  const missing = 9 - digits.value.length
  return (
    <main class="typed">
      <Button kind="quiet" icon="back" onClick={onBack}>
        {t('by_camera')}
      </Button>
      <h1>{t('code_title')}</h1>
      {subject && <p>{subject}</p>}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (isShortCode(digits.value)) onCode(digits.value)
          else wrong.value = true
        }}
      >
        <Field label={t('code_label')} hint={t('code_hint')} error={wrong.value ? t('code_bad') : null}>
          {(tied) => (
            <input
              {...tied}
              class="input typed-code num"
              inputMode="numeric"
              autoComplete="off"
              autoFocus
              value={formatShortCode(digits.value)}
              onInput={(event) => {
                const typed = shortCodeDigits(event.currentTarget.value)
                digits.value = typed
                wrong.value = typed.length === 9 && !isShortCode(typed)
                event.currentTarget.value = formatShortCode(typed)
              }}
            />
          )}
        </Field>
        <Button kind="primary" big wide type="submit" disabled={missing > 0}>
          {missing > 0 ? t('code_short', { n: missing }) : t('code_use')}
        </Button>
        <p class="soft">{t('grade_note')}</p>
      </form>
    </main>
  )
}

export function TypedSecret({ onSecret, onBack }: { onSecret: (secret: string) => void; onBack: () => void }) {
  const text = useSignal('')
  const wrong = useSignal(false)
  return (
    <main class="typed">
      <Button kind="quiet" icon="back" onClick={onBack}>
        {t('by_camera')}
      </Button>
      <h1>{t('secret_title')}</h1>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          const secret = readSecret(text.value)
          if (secret) onSecret(secret)
          else wrong.value = true
        }}
      >
        <Field label={t('secret_label')} hint={t('secret_hint')} error={wrong.value ? t('secret_bad') : null}>
          {(tied) => (
            <input
              {...tied}
              class="input typed-code"
              autoCapitalize="characters"
              autoComplete="off"
              spellcheck={false}
              autoFocus
              value={text.value}
              onInput={(event) => {
                text.value = event.currentTarget.value
                wrong.value = false
              }}
            />
          )}
        </Field>
        <Button kind="primary" big wide type="submit" disabled={!text.value.trim()}>
          {t('secret_use')}
        </Button>
      </form>
    </main>
  )
}
