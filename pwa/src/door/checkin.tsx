/** At the door: the emergency procedure, the scan, whose home it is, for whom, and the signed record. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Procedure } from '../api/wire'
import { door as t } from '../i18n/door'
import { navigate, goBack } from '../router'
import { type Captured, Scanner } from '../scan/scanner'
import { Button, civilDay, clock, Loading } from '../ui'
import { carried } from './days'
import { Recorded, useRecorder } from './done'
import { Ask, CallNumbers, Choice, Screen, Steps } from './frame'
import { judging } from './judging'
import { type Match, matchCard, sameHome, windowsMeet } from './match'
import { ServiceMark, windowText } from './parts'
import { positionNow, useLocating } from './position'
import { ackOf, type Call, calls, freshen, handOver, isOpen, isRunning, progress, takeOver, tick, wireVisitId } from './state'

type Step =
  | { at: 'procedure' }
  | { at: 'checking' }
  | { at: 'scan' }
  | { at: 'wrong'; captured: Captured; match: Match & { kind: 'other' | 'stranger' } }
  | { at: 'overlap'; captured: Captured; other: Call }
  | { at: 'early'; captured: Captured }
  | { at: 'choose'; captured: Captured }
  | { at: 'record' }

/** From here on the server holds a check-in as far from its time. */
const EARLY_MS = 3_600_000

export function CheckIn({ call }: { call: Call }) {
  const { visit } = call
  const acked = progress.value[visit.id]?.acknowledged ?? []
  const procedure = visit.emergency_procedure
  const needsProcedure = procedure !== null && !acked.includes(ackOf(procedure))
  const brought = useRef(takeOver())
  const step = useSignal<Step>({ at: needsProcedure ? 'procedure' : brought.current ? 'checking' : 'scan' })
  const chosen = useSignal<string[]>([])
  const saved = useSignal('')
  const recorder = useRecorder(judging)
  const home = sameHome(call, calls.value.filter(isOpen))
  const back = () => goBack(`/door/visit/${visit.id}`)

  useLocating(recorder.saving.value.step === 'idle')
  useEffect(() => {
    // The way back after a check-in must not lead into a second one.
    if (!isOpen(call)) return navigate(`/door/visit/${visit.id}`, { replace: true })
    freshen()
    // Scanned on the first screen already: there is no second scan.
    if (brought.current && !needsProcedure) void scanned(brought.current)
  }, [])

  async function acknowledge() {
    if (procedure) await tick(visit.id, (now) => ({ acknowledged: [...new Set([...now.acknowledged, ackOf(procedure)])] }))
    if (brought.current) await scanned(brought.current)
    else step.value = { at: 'scan' }
  }

  async function scanned(captured: Captured) {
    brought.current = null
    step.value = { at: 'checking' }
    const match = await matchCard(captured.token, call, calls.value)
    if (match.kind === 'other' || match.kind === 'stranger') step.value = { at: 'wrong', captured, match }
    else checkOverlap(captured)
  }

  function checkOverlap(captured: Captured) {
    const other = calls.value.find((one) => isRunning(one) && (!one.visit.household.id || one.visit.household.id !== visit.household.id))
    if (other) step.value = { at: 'overlap', captured, other }
    else checkEarly(captured)
  }

  /** Hours before its time it is rather the wrong line of the list than an early start. */
  function checkEarly(captured: Captured) {
    if (Date.parse(visit.window_start) - Date.now() > EARLY_MS) step.value = { at: 'early', captured }
    else choose(captured)
  }

  function choose(captured: Captured) {
    chosen.value = home.filter((one) => one === call || windowsMeet(one, call)).map((one) => one.visit.id)
    if (home.length > 1) step.value = { at: 'choose', captured }
    else void save(captured, [call])
  }

  async function save(captured: Captured, picked: readonly Call[]) {
    step.value = { at: 'record' }
    saved.value = picked.map((one) => one.visit.elder.name).join('、')
    const acknowledged = [...new Set([...(procedure ? [ackOf(procedure)] : []), ...picked.flatMap((one) => progress.value[one.visit.id]?.acknowledged ?? [])])]
    await recorder.save(
      {
        kind: 'check_in',
        visit_id: wireVisitId(call, picked),
        elder_ids: picked.flatMap((one) => one.elders.map((elder) => elder.id)),
        token: captured.token,
        short_code: captured.short_code,
        capture: captured.capture,
        acknowledged,
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

  const now = step.value
  const names = home.filter((one) => chosen.value.includes(one.visit.id)).map((one) => one.visit.elder.name)
  if (now.at === 'procedure' && procedure) {
    return <EmergencyStep procedure={procedure} onBack={back} onDone={() => void acknowledge()} />
  }
  if (now.at === 'record') {
    return (
      <Recorded
        recorder={recorder}
        title={t('done_check_in')}
        actions={
          <Button kind="primary" big wide onClick={() => navigate(`/door/visit/${visit.id}`, { replace: true })}>
            {t('go_serve')}
          </Button>
        }
      >
        <p class="done-what">
          {saved.value} · <span class="num">{clock(Date.now())}</span>
        </p>
      </Recorded>
    )
  }
  if (now.at === 'choose') {
    const pick = (id: string, on: boolean) => (chosen.value = on ? [...chosen.value, id] : chosen.value.filter((other) => other !== id))
    return (
      <Screen
        title={t('choose_in')}
        back={back}
        foot={
          <Button
            kind="primary"
            big
            wide
            icon="check"
            disabled={!chosen.value.length}
            onClick={() =>
              void save(
                now.captured,
                home.filter((one) => chosen.value.includes(one.visit.id)),
              )
            }
          >
            {chosen.value.length ? `${t('confirm_in')} ${names.join('、')}` : t('choose_none')}
          </Button>
        }
      >
        <p class="soft">{t('choose_hint', { n: home.length })}</p>
        <ElderPicks calls={home} chosen={chosen.value} onPick={pick} />
      </Screen>
    )
  }
  if (now.at === 'wrong') return <WrongHome step={now} call={call} onRescan={() => (step.value = { at: 'scan' })} onAnyway={() => checkOverlap(now.captured)} />
  if (now.at === 'overlap') {
    return (
      <Ask
        title={t('overlap_title', { name: now.other.visit.elder.name })}
        onClose={back}
        actions={
          <>
            <Button kind="primary" big wide onClick={() => navigate(`/door/visit/${now.other.visit.id}`, { replace: true })}>
              {t('overlap_go')}
            </Button>
            <Button wide onClick={() => checkEarly(now.captured)}>
              {t('overlap_anyway')}
            </Button>
          </>
        }
      >
        <p>{t('overlap_hint')}</p>
      </Ask>
    )
  }
  if (now.at === 'early') {
    return (
      <Ask
        title={t('early_title', { at: clock(visit.window_start), now: clock(Date.now()) })}
        onClose={back}
        actions={
          <>
            <Button kind="primary" big wide onClick={() => navigate('/door', { replace: true })}>
              {t('early_back')}
            </Button>
            <Button wide onClick={() => choose(now.captured)}>
              {t('early_anyway')}
            </Button>
          </>
        }
      >
        <p>
          <strong>{visit.elder.name}</strong>
        </p>
        <p>{t('early_hint')}</p>
      </Ask>
    )
  }
  if (now.at === 'scan') return <Scanner wanted="home" subject={visit.elder.name} onCaptured={(captured) => void scanned(captured)} onClose={back} />
  return <Loading />
}

/** Read before the scan, with the numbers to call at hand. */
export function EmergencyStep({ procedure, onBack, onDone }: { procedure: Procedure; onBack: () => void; onDone: () => void }) {
  return (
    <Screen
      title={t('emergency')}
      back={onBack}
      foot={
        <Button kind="primary" big wide icon="check" onClick={onDone}>
          {t('emergency_ack')}
        </Button>
      }
    >
      <p>{t('emergency_first')}</p>
      <section class="card">
        <Steps procedure={procedure} />
      </section>
      <CallNumbers numbers={carried.value?.emergency_numbers ?? []} office={carried.value?.provider.phone} />
    </Screen>
  )
}

export function ElderPicks({ calls: list, chosen, onPick }: { calls: readonly Call[]; chosen: readonly string[]; onPick: (id: string, on: boolean) => void }) {
  return (
    <div class="picks">
      {list.map((one) => (
        <Choice key={one.visit.id} kind="checkbox" name="elder" checked={chosen.includes(one.visit.id)} onChange={(on) => onPick(one.visit.id, on)}>
          <strong class="pick-name">{one.visit.elder.name}</strong>
          <span class="row wrap">
            <ServiceMark type={one.visit.service_type} />
            <span class="num">{windowText(one.visit)}</span>
          </span>
        </Choice>
      ))}
    </div>
  )
}

/** The warning before anything is signed. It can be overridden: the record comes first, the judgement later. */
export function WrongHome({
  step,
  call,
  onRescan,
  onAnyway,
}: {
  step: { captured: Captured; match: Match & { kind: 'other' | 'stranger' } }
  call: Call
  onRescan: () => void
  onAnyway: () => void
}) {
  const { match, captured } = step
  const other = match.kind === 'other' ? (match.calls.find(isRunning) ?? match.calls.find(isOpen)) : undefined
  const name = call.visit.elder.name
  return (
    <Ask
      title={t('wrong_title', { name })}
      onClose={onRescan}
      actions={
        <>
          {other && (
            <Button
              kind="primary"
              big
              wide
              onClick={() => {
                handOver(captured)
                navigate(`/door/visit/${other.visit.id}/${isRunning(other) ? 'out' : 'in'}`, { replace: true })
              }}
            >
              {t('wrong_switch', { name: other.visit.elder.name })}
            </Button>
          )}
          <Button kind={other ? 'plain' : 'primary'} big={!other} wide icon="scan" onClick={onRescan}>
            {t('wrong_rescan')}
          </Button>
          <Button kind="quiet" wide onClick={onAnyway}>
            {t('wrong_anyway')}
          </Button>
        </>
      }
    >
      {other && (
        <p>
          <strong>{t('wrong_other', { name: other.visit.elder.name, time: clock(other.visit.window_start) })}</strong>
        </p>
      )}
      <p>{t('wrong_hint')}</p>
    </Ask>
  )
}
