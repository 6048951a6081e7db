/** A visit that is not in the list: who lives there (when the server can be asked), which service, and the signed record. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { api, asProblem, type Problem } from '../api/client'
import type { DoorHome, Named } from '../api/wire'
import { common } from '../i18n/common'
import { door as t } from '../i18n/door'
import { contentName, contentsOf, emergencyOf } from '../i18n/services'
import { goBack, navigate } from '../router'
import type { Captured } from '../scan/scanner'
import { Button, civilDay, clock, Loading, Notice } from '../ui'
import { EmergencyStep } from './checkin'
import { Recorded, useRecorder } from './done'
import { Choice, Screen } from './frame'
import { judging } from './judging'
import { LocationLine, ServiceMark } from './parts'
import { positionNow, useLocating } from './position'
import { ackOf, adhocId, freshen, takeOver, tick } from './state'

const TYPES = ['meal', 'cleaning', 'bathing', 'medical'] as const
const LOOK_UP_MS = 8_000

export function Adhoc() {
  const captured = useRef<Captured | null>(takeOver())
  const home = useSignal<DoorHome | null>(null)
  const problem = useSignal<Problem | null>(null)
  const busy = useSignal(true)
  const who = useSignal<string[]>([])
  const content = useSignal<string | null>(null)
  const asked = useSignal(false)
  const procedure = emergencyOf()
  const acknowledged = useSignal(procedure === null)
  const event = useSignal<string | null>(null)
  const recorder = useRecorder(judging)
  const back = () => goBack('/door')

  async function lookUp() {
    const code = captured.current
    if (!code) return
    busy.value = true
    try {
      const body = code.token ? { token: code.token } : { short_code: code.short_code }
      const found = await api.post<DoorHome>('/api/v1/door/home', body, { timeoutMs: LOOK_UP_MS })
      home.value = found
      problem.value = null
      const [only] = found.elders
      if (only && found.elders.length === 1) who.value = [only.id]
    } catch (error) {
      problem.value = asProblem(error)
    } finally {
      busy.value = false
    }
  }

  useLocating(recorder.saving.value.step === 'idle')
  useEffect(() => {
    if (!captured.current) return navigate('/door/scan', { replace: true })
    freshen()
    void lookUp()
  }, [])

  const missing = home.value?.elders.length && !who.value.length ? 'choose_none' : content.value ? null : 'adhoc_pick_type'

  async function save() {
    asked.value = true
    const code = captured.current
    if (!code || !content.value || missing) return
    const service_type = TYPES.find((type) => contentsOf(type).includes(content.value ?? '')) ?? null
    const elders: Named[] = home.value?.elders.filter((elder) => who.value.includes(elder.id)) ?? []
    const entry = await recorder.save(
      {
        kind: 'check_in',
        visit_id: null,
        elder_ids: elders.map((elder) => elder.id),
        token: code.token,
        short_code: code.short_code,
        capture: code.capture,
        service_type,
        content: content.value,
        acknowledged: procedure ? [ackOf(procedure)] : [],
        ...positionNow(),
      },
      { visit_ids: [], elders, address: home.value?.household.address ?? null, service_type, day: civilDay(Date.now()) },
    )
    if (!entry) return
    event.value = entry.event_id
    if (procedure) await tick(adhocId(entry.event_id), () => ({ acknowledged: [ackOf(procedure)] }))
  }

  if (recorder.saving.value.step !== 'idle') {
    return (
      <Recorded
        recorder={recorder}
        title={t('done_check_in')}
        actions={
          <Button kind="primary" big wide onClick={() => navigate(event.value ? `/door/visit/${adhocId(event.value)}` : '/door', { replace: true })}>
            {t('go_serve')}
          </Button>
        }
      >
        <p class="done-what">
          {home.value?.elders
            .filter((elder) => who.value.includes(elder.id))
            .map((elder) => elder.name)
            .join('、') || common('unknown_elder')}{' '}
          · <span class="num">{clock(Date.now())}</span>
        </p>
      </Recorded>
    )
  }
  if (procedure && !acknowledged.value) return <EmergencyStep procedure={procedure} onBack={back} onDone={() => (acknowledged.value = true)} />
  const unknown = problem.value?.code === 'TOKEN_UNKNOWN' || problem.value?.status === 404
  return (
    <Screen
      title={t('adhoc_title')}
      back={back}
      foot={
        <>
          {asked.value && missing && (
            <p class="missing" role="alert">
              {t(missing)}
            </p>
          )}
          <Button kind="primary" big wide icon="check" disabled={busy.value} onClick={() => void save()}>
            {t('adhoc_start')}
          </Button>
        </>
      }
    >
      {busy.value && <Loading label={t('adhoc_looking')} />}
      {!busy.value && problem.value && (
        <Notice tone="warn" icon={unknown ? 'warn' : 'offline'}>
          <p>{unknown ? t('adhoc_unknown') : problem.value.status ? problem.value.title : t('adhoc_offline')}</p>
          {!unknown && (
            <Button icon="refresh" onClick={() => void lookUp()}>
              {common('retry')}
            </Button>
          )}
        </Notice>
      )}
      {home.value && (
        <>
          <Notice>
            <p>{t('adhoc_hint')}</p>
            <p>
              <strong>{home.value.household.address}</strong>
            </p>
          </Notice>
          <h2>{t('adhoc_who')}</h2>
          <div class="picks">
            {home.value.elders.map((elder) => (
              <Choice
                key={elder.id}
                kind="checkbox"
                name="elder"
                checked={who.value.includes(elder.id)}
                onChange={(on) => (who.value = on ? [...who.value, elder.id] : who.value.filter((id) => id !== elder.id))}
              >
                <strong class="pick-name">{elder.name}</strong>
              </Choice>
            ))}
          </div>
        </>
      )}
      <h2>{t('adhoc_type')}</h2>
      <div class="picks" role="radiogroup" aria-label={t('adhoc_type')}>
        {TYPES.flatMap((type) =>
          contentsOf(type).map((one) => (
            <Choice key={one} kind="radio" name="content" checked={content.value === one} onChange={() => (content.value = one)}>
              <span class="row spread">
                {contentName(one)}
                <ServiceMark type={type} />
              </span>
            </Choice>
          )),
        )}
      </div>
      <LocationLine />
    </Screen>
  )
}
