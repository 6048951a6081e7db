/** Nobody opened, or it could not be done: the reason, and the scan as evidence when the card can be reached. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { NotServedReason } from '../api/wire'
import { door as t } from '../i18n/door'
import { goBack, navigate } from '../router'
import { type Captured, Scanner } from '../scan/scanner'
import { Button, civilDay, Field } from '../ui'
import { carried } from './days'
import { Recorded, useRecorder } from './done'
import { CallNumbers, Choice, Screen } from './frame'
import { judging } from './judging'
import { ElderPicks } from './checkin'
import { sameHome, windowsMeet } from './match'
import { LocationLine } from './parts'
import { positionNow, useLocating } from './position'
import { type Call, calls, freshen, isOpen, isRunning, progress, wireVisitId } from './state'

const REASONS: readonly NotServedReason[] = ['no_answer', 'absent', 'refused', 'hospital', 'unsafe', 'wrong_address']
/** Who is inside already was let in at the right address. */
const INSIDE: readonly NotServedReason[] = ['unsafe', 'refused', 'hospital', 'absent']
const WORRYING: readonly NotServedReason[] = ['no_answer', 'unsafe']

/** Whom to call comes before the record; it must not wait unseen under the buttons. */
function Worry() {
  const box = useRef<HTMLElement>(null)
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), [])
  return (
    <section class="card stack worry" ref={box}>
      <p>{t('ns_worry')}</p>
      <CallNumbers numbers={['120', '110']} office={carried.value?.provider.phone} />
    </section>
  )
}

export function NotServed({ call }: { call: Call }) {
  const { visit } = call
  const home = sameHome(call, calls.value.filter(isRunning(call) ? isRunning : isOpen))
  const reason = useSignal<NotServedReason | null>(null)
  const note = useSignal(progress.value[visit.id]?.note ?? '')
  const chosen = useSignal<string[]>(home.filter((one) => one === call || windowsMeet(one, call)).map((one) => one.visit.id))
  const scanning = useSignal(false)
  const asked = useSignal(false)
  const saved = useSignal('')
  const recorder = useRecorder(judging)
  const back = () => goBack(`/door/visit/${visit.id}`)

  useLocating(recorder.saving.value.step === 'idle')
  useEffect(() => {
    if (!isOpen(call) && !isRunning(call)) return navigate(`/door/visit/${visit.id}`, { replace: true })
    freshen()
  }, [])

  async function save(captured: Captured | null) {
    scanning.value = false
    const list = home.filter((one) => chosen.value.includes(one.visit.id))
    const picked = list.length ? list : [call]
    saved.value = picked.map((one) => one.visit.elder.name).join('、')
    await recorder.save(
      {
        kind: 'not_served',
        visit_id: wireVisitId(call, picked),
        elder_ids: picked.flatMap((one) => one.elders.map((elder) => elder.id)),
        token: captured?.token ?? null,
        short_code: captured?.short_code ?? null,
        capture: captured?.capture ?? null,
        reason: reason.value,
        note: note.value || null,
        ...positionNow(),
      },
      {
        visit_ids: picked.map((one) => one.visit.id),
        elders: picked.flatMap((one) => one.elders.map(({ id, name }) => ({ id, name }))),
        address: visit.household.address,
        service_type: visit.service_type,
        day: civilDay(Date.now()),
      },
    )
  }

  if (recorder.saving.value.step !== 'idle') {
    return (
      <Recorded
        recorder={recorder}
        title={t('done_not_served')}
        actions={
          <Button kind="primary" big wide onClick={() => navigate('/door', { replace: true })}>
            {t(calls.value.some((one) => isOpen(one) && one.visit.id !== visit.id && !chosen.value.includes(one.visit.id)) ? 'go_next' : 'to_today')}
          </Button>
        }
      >
        <p class="done-what">
          {saved.value} · {reason.value && t(`ns_${reason.value}`)}
        </p>
      </Recorded>
    )
  }
  if (scanning.value) return <Scanner wanted="home" subject={visit.elder.name} onCaptured={(captured) => void save(captured)} onClose={() => (scanning.value = false)} />

  const ready = () => {
    asked.value = reason.value === null
    return !asked.value
  }
  return (
    <Screen
      title={t('ns_title')}
      back={back}
      foot={
        <>
          {asked.value && !reason.value && (
            <p class="missing" role="alert">
              {t('ns_pick')}
            </p>
          )}
          <Button kind="primary" big wide icon="check" onClick={() => ready() && void save(null)}>
            {t('ns_save')}
          </Button>
          <Button wide icon="scan" onClick={() => ready() && (scanning.value = true)}>
            {t('ns_scan')}
          </Button>
        </>
      }
    >
      {home.length > 1 ? (
        <ElderPicks
          calls={home}
          chosen={chosen.value}
          onPick={(id, on) => (chosen.value = on ? [...chosen.value, id] : chosen.value.filter((other) => other !== id))}
        />
      ) : (
        <p>
          <strong>{visit.elder.name}</strong> <span class="soft">{visit.household.address}</span>
        </p>
      )}
      <div class="picks" role="radiogroup" aria-label={t('ns_title')}>
        {(isRunning(call) ? INSIDE : REASONS).map((one) => (
          <Choice key={one} kind="radio" name="reason" checked={reason.value === one} onChange={() => (reason.value = one)}>
            {t(`ns_${one}`)}
          </Choice>
        ))}
      </div>
      {reason.value && WORRYING.includes(reason.value) && <Worry />}
      <Field label={t('note')} hint={t('note_hint')}>
        {(tied) => <textarea {...tied} class="input" maxLength={200} value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} />}
      </Field>
      <LocationLine />
    </Screen>
  )
}
