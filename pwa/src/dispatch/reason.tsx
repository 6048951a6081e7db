/** A step that others will ask about, with the reason that is kept beside it. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { type Pair, say } from '../i18n'
import { t } from '../i18n/dispatch'
import { Button, Dialog, Field, Notice, toast } from '../ui'
import { Choices, ProblemNotice } from '../ui/desk'

const OTHER = 'other'

interface Props<R> {
  title: string
  reasons: readonly { value: string; pair: Pair }[]
  /** The button that does it, and the one that does not. */
  action: string
  away: string
  /** Who will read the reason. */
  reader?: string
  /** What is said afterwards. */
  done: string
  save: (reason: string) => Promise<R>
  onClose: (result: R | null) => void
  children: ComponentChildren
}

export function ReasonDialog<R>({ title, reasons, action, away, reader, done, save, onClose, children }: Props<R>) {
  const reason = useSignal<string | null>(null)
  const text = useSignal('')
  const tried = useSignal(false)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const wrong = reason.value === null ? t('revoke_need_reason') : reason.value === OTHER && !text.value.trim() ? t('revoke_need_text') : null
  const run = async () => {
    tried.value = true
    const chosen = reasons.find((one) => one.value === reason.value)
    if (wrong || !chosen) return
    busy.value = true
    failed.value = null
    try {
      // The reason is kept for years and read by others: in Chinese, whatever this screen's language.
      const result = await save(chosen.value === OTHER ? text.value.trim() : chosen.pair[0])
      toast(done)
      onClose(result)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  return (
    <Dialog
      title={title}
      onClose={() => onClose(null)}
      actions={
        <>
          <Button onClick={() => onClose(null)}>{away}</Button>
          <Button kind="danger" busy={busy.value} onClick={() => void run()}>
            {action}
          </Button>
        </>
      }
    >
      {children}
      {reader && reason.value !== OTHER && (
        <Notice icon="people">
          <p>{reader}</p>
        </Notice>
      )}
      <div class="field">
        <Choices
          compact
          legend={t('revoke_reason')}
          options={reasons.map(({ value, pair }) => ({ value, label: say(pair) }))}
          value={reason.value}
          onChange={(next) => (reason.value = next)}
        />
        {tried.value && wrong && reason.value !== OTHER && (
          <span class="error" role="alert">
            {wrong}
          </span>
        )}
      </div>
      {reason.value === OTHER && (
        <Field label={t('other_text')} {...(reader ? { hint: reader } : {})} error={tried.value ? wrong : null}>
          {(tied) => <input {...tied} class="input" maxLength={100} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />}
        </Field>
      )}
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}
