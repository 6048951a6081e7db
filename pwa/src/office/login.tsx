/** Signing in: name, password and, for those who have set it up, a one-time code. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { LanguageSwitch } from '../app'
import { asProblem } from '../api/client'
import { signIn } from '../api/session'
import { common } from '../i18n/common'
import { t } from '../i18n/office'
import { Link } from '../router'
import { Button, Field, Notice } from '../ui'
import { PageHead, ProblemNotice } from '../ui/desk'

export function Login() {
  return (
    <main class="login">
      <div class="login-box card">
        <div class="login-brand">
          <img src="/icons/icon-192.png" alt="" width="48" height="48" />
          <div>
            <strong>{common('app')}</strong>
            <span class="soft">{common('tagline')}</span>
          </div>
        </div>
        <PageHead title={t('login_title')} />
        <LoginForm />
        <p class="soft">{t('login_forgot')}</p>
      </div>
      <div class="row wrap login-foot">
        <Link to="/">{common('home')}</Link>
        <LanguageSwitch />
      </div>
    </main>
  )
}

export function LoginForm() {
  const form = useRef<HTMLFormElement>(null)
  const busy = useSignal(false)
  const shown = useSignal(false)
  const withCode = useSignal(false)
  const failed = useSignal<unknown>(null)
  const wrong = useSignal<{ login?: string; password?: string; totp?: string }>({})
  useEffect(() => form.current?.querySelector<HTMLInputElement>('[name=login]')?.focus(), [])
  const submit = async () => {
    const data = new FormData(form.current as HTMLFormElement)
    const read = (name: string) => String(data.get(name) ?? '')
    const [login, password, totp] = [read('login').trim(), read('password'), read('totp').replace(/\s/g, '')]
    wrong.value = {
      ...(login ? {} : { login: t('login_need_name') }),
      ...(password ? {} : { password: t('login_need_password') }),
      ...(totp && !/^\d{6}$/.test(totp) ? { totp: t('login_totp_bad') } : {}),
    }
    const [first] = Object.keys(wrong.value)
    if (first) return form.current?.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus()
    busy.value = true
    failed.value = null
    try {
      await signIn(login, password, totp || null)
    } catch (error) {
      failed.value = error
      busy.value = false
      const field = form.current?.querySelector<HTMLInputElement>('[name=password]')
      field?.select()
      field?.focus()
    }
  }
  const wait = failed.value ? asProblem(failed.value).retryAfter : null
  return (
    <form
      ref={form}
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <ProblemNotice error={failed.value} />
      {wait !== null && <Notice tone="warn">{t('login_wait', { minutes: Math.max(1, Math.ceil(wait / 60)) })}</Notice>}
      <Field label={t('login_name')} error={wrong.value.login ?? null}>
        {(tied) => <input {...tied} class="input" name="login" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus />}
      </Field>
      <Field label={t('login_password')} error={wrong.value.password ?? null}>
        {(tied) => <input {...tied} class="input" name="password" {...({ type: shown.value ? 'text' : 'password' } as { type: 'password' })} autocomplete="current-password" />}
      </Field>
      <label class="tick">
        <input type="checkbox" checked={shown.value} onChange={(event) => (shown.value = event.currentTarget.checked)} />
        {t('login_show')}
      </label>
      {withCode.value ? (
        <Field label={t('login_totp')} hint={t('login_totp_hint')} error={wrong.value.totp ?? null}>
          {(tied) => <input {...tied} class="input num" name="totp" inputMode="numeric" autocomplete="one-time-code" maxLength={7} />}
        </Field>
      ) : (
        <Button kind="quiet" icon="shield" class="start-side" onClick={() => (withCode.value = true)}>
          {t('login_totp_open')}
        </Button>
      )}
      <Button kind="primary" type="submit" wide big busy={busy.value}>
        {t('login_do')}
      </Button>
    </form>
  )
}
