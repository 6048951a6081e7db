/** At the end: what was done, the bathing rules, the second scan, and the signed record. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { door as t } from '../i18n/door'
import { matchCard, sameHome, type Match } from './match'
import { goBack, navigate } from '../router'
import { type Captured, Scanner } from '../scan/scanner'
import { Button, civilDay, Loading, minutesText } from '../ui'
import { ElderPicks, WrongHome } from './checkin'
import { Recorded, useRecorder } from './done'
import { Ask, Screen, Steps } from './frame'
import { judging } from './judging'
import { positionNow, useLocating } from './position'
import { acknowledgeSafety, type Call, calls, freshen, isOpen, isRunning, progress, takeOver, unsafe, wireVisitId } from './state'

type Step =
  | { at: 'choose' }
  | { at: 'ticks' }
  | { at: 'safety' }
  | { at: 'short' }
  | { at: 'scan' }
  | { at: 'checking' }
  | { at: 'wrong'; captured: Captured; match: Match & { kind: 'other' | 'stranger' } }
  | { at: 'record' }

const ORDER = ['choose', 'ticks', 'safety', 'short', 'scan'] as const

export function CheckOut({ call }: { call: Call }) {
  const { visit } = call
  const together = sameHome(call, calls.value.filter(isRunning))
  const chosen = useSignal<string[]>(together.map((one) => one.visit.id))
  const step = useSignal<Step>({ at: 'checking' })
  const brought = useRef(takeOver())
  const lasted = useSignal<string | null>(null)
  const saved = useSignal('')
  const recorder = useRecorder(judging)
  const back = () => goBack(`/door/visit/${visit.id}`)
  const picked = () => together.filter((one) => chosen.value.includes(one.visit.id))
  const ticksOf = (one: Call) => progress.value[one.visit.id]?.tasks ?? []
  const elapsed = () => (call.standing.started_at ? Date.now() - Date.parse(call.standing.started_at) : null)

  /** The questions in their order, each only when it is one. */
  const asked: Record<(typeof ORDER)[number], () => boolean> = {
    choose: () => together.length > 1,
    ticks: () => picked().some((one) => one.visit.tasks.length > 0) && picked().every((one) => !ticksOf(one).length),
    safety: () => unsafe(picked()) !== undefined,
    short: () => {
      const ms = elapsed()
      return ms !== null && visit.min_minutes !== null && ms < visit.min_minutes * 60_000
    },
    scan: () => true,
  }

  function after(done: (typeof ORDER)[number] | null): void {
    const next = ORDER.slice(done ? ORDER.indexOf(done) + 1 : 0).find((one) => asked[one]()) ?? 'scan'
    if (next === 'scan' && brought.current) void scanned(brought.current)
    else step.value = { at: next }
  }

  useLocating(recorder.saving.value.step === 'idle')
  useEffect(() => {
    if (!isRunning(call)) return navigate(`/door/visit/${visit.id}`, { replace: true })
    freshen()
    after(null)
  }, [])

  async function scanned(captured: Captured) {
    brought.current = null
    step.value = { at: 'checking' }
    const match = await matchCard(captured.token, call, calls.value)
    if (match.kind === 'other' || match.kind === 'stranger') step.value = { at: 'wrong', captured, match }
    else await save(captured)
  }

  async function save(captured: Captured) {
    const list = picked()
    const ms = elapsed()
    lasted.value = ms === null ? null : minutesText(ms)
    saved.value = list.map((one) => one.visit.elder.name).join('、')
    step.value = { at: 'record' }
    await recorder.save(
      {
        kind: 'check_out',
        visit_id: wireVisitId(call, list),
        elder_ids: list.flatMap((one) => one.elders.map((elder) => elder.id)),
        token: captured.token,
        short_code: captured.short_code,
        capture: captured.capture,
        tasks: [...new Set(list.flatMap(ticksOf))],
        acknowledged: [...new Set(list.flatMap((one) => progress.value[one.visit.id]?.acknowledged ?? []))],
        note: list.map((one) => progress.value[one.visit.id]?.note ?? '').filter(Boolean).join(' / ') || null,
        ...positionNow(),
      },
      {
        visit_ids: list.map((one) => one.visit.id),
        elders: list.flatMap((one) => one.elders.map(({ id, name }) => ({ id, name }))),
        address: visit.household.address,
        service_type: visit.service_type,
        day: civilDay(Date.now()),
      },
    )
  }

  const now = step.value
  if (now.at === 'choose') {
    const pick = (id: string, on: boolean) => (chosen.value = on ? [...chosen.value, id] : chosen.value.filter((other) => other !== id))
    return (
      <Screen
        title={t('choose_out')}
        back={back}
        foot={
          <Button kind="primary" big wide disabled={!chosen.value.length} onClick={() => after('choose')}>
            {chosen.value.length
              ? `${t('confirm_out')} ${picked()
                  .map((one) => one.visit.elder.name)
                  .join('、')}`
              : t('choose_none')}
          </Button>
        }
      >
        <ElderPicks calls={together} chosen={chosen.value} onPick={pick} />
      </Screen>
    )
  }
  if (now.at === 'ticks') {
    return (
      <Ask
        title={t('no_ticks_title')}
        onClose={back}
        actions={
          <>
            <Button kind="primary" big wide onClick={back}>
              {t('no_ticks_back')}
            </Button>
            <Button kind="quiet" wide onClick={() => after('ticks')}>
              {t('no_ticks_anyway')}
            </Button>
          </>
        }
      >
        <p>{t('no_ticks_hint')}</p>
      </Ask>
    )
  }
  if (now.at === 'safety') {
    const rules = unsafe(picked())?.visit.safety_procedure
    return (
      <Screen
        title={t('safety_title')}
        back={back}
        foot={
          <>
            <Button
              kind="primary"
              big
              wide
              icon="shield"
              onClick={() => {
                void acknowledgeSafety(picked())
                after('safety')
              }}
            >
              {t('safety_ack')}
            </Button>
            <Button wide icon="nobody" onClick={() => navigate(`/door/visit/${visit.id}/not-served`, { replace: true })}>
              {t('safety_not')}
            </Button>
          </>
        }
      >
        {rules && (
          <section class="card">
            <Steps procedure={rules} />
          </section>
        )}
      </Screen>
    )
  }
  if (now.at === 'short') {
    return (
      <Ask
        title={t('short_title', { now: minutesText(elapsed() ?? 0), min: visit.min_minutes ?? 0 })}
        onClose={back}
        actions={
          <>
            <Button kind="primary" big wide onClick={back}>
              {t('go_on')}
            </Button>
            <Button wide icon="scan" onClick={() => after('short')}>
              {t('no_ticks_anyway')}
            </Button>
          </>
        }
      >
        <p>{t('short_hint')}</p>
      </Ask>
    )
  }
  if (now.at === 'wrong') return <WrongHome step={now} call={call} onRescan={() => (step.value = { at: 'scan' })} onAnyway={() => void save(now.captured)} />
  if (now.at === 'record') {
    return (
      <Recorded
        recorder={recorder}
        title={t('done_check_out')}
        actions={
          <Button kind="primary" big wide onClick={() => navigate('/door', { replace: true })}>
            {calls.value.some(isOpen) ? t('go_next') : t('to_today')}
          </Button>
        }
      >
        <p class="done-what">
          {saved.value}
          {lasted.value && <span class="num"> · {t('done_lasted', { time: lasted.value })}</span>}
        </p>
      </Recorded>
    )
  }
  if (now.at === 'scan') return <Scanner wanted="home" subject={visit.elder.name} onCaptured={(captured) => void scanned(captured)} onClose={back} />
  return <Loading />
}

