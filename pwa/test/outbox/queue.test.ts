/** The chain on the phone: one link after the other, whatever happens. */
import { describe, expect, test, vi } from 'vitest'
import type { CheckEvent, PublicJwk } from '../../src/api/wire'
import { bestAnchor, countStart, keepAnchor, timeBy } from '../../src/outbox/anchor'
import { hashOf } from '../../src/outbox/bytes'
import { type Db, getMeta, openDb, setMeta, type StoredAnchor } from '../../src/outbox/db'
import type { Env } from '../../src/outbox/env'
import { isSignedBy, parse } from '../../src/outbox/jws'
import { adopt, enrolRequest } from '../../src/outbox/keys'
import { add, all, cleanNote, NotEnrolled, prepare, prune, settle } from '../../src/outbox/queue'
import { CONTEXT, enrol, freshDb, makeEnv } from '../support'

const draft = { kind: 'check_in' as const, visit_id: 'v1', elder_ids: ['e1'] }

describe('chain', () => {
  test('seq and prev run on, and the stored event is what was signed', async () => {
    const db = await freshDb()
    const { env, clock } = makeEnv()
    const key = await enrol(db)
    const jwk = (await crypto.subtle.exportKey('jwk', key)) as PublicJwk
    let prev: string | null = null
    for (let seq = 1; seq <= 4; seq++) {
      clock.now += 1000
      const entry = await add(db, { draft, context: CONTEXT, env })
      const parts = parse<CheckEvent>(entry.jws)
      expect(parts.payload).toEqual(entry.event)
      expect([entry.event.seq, entry.event.prev]).toEqual([seq, prev])
      expect(parts.header).toEqual({ alg: 'ES256', kid: 'd1', typ: 'checkin+jws' })
      expect(await isSignedBy(parts, jwk)).toBe(true)
      prev = await hashOf(entry.jws)
    }
  })

  test('the payload has exactly the fields of the contract', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    const { event } = await add(db, { draft, context: CONTEXT, env })
    expect(Object.keys(event).sort()).toEqual(
      (
        'acknowledged anchor annuls app_version capture claimed_at clock content elapsed_ms elder_ids event_id judged kind note photos ' +
        'position position_error prev reason seq service_type short_code tasks token visit_id'
      ).split(' '),
    )
  })

  test('forty taps at once in two tabs make one chain', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    await Promise.all(Array.from({ length: 40 }, () => add(db, { draft, context: CONTEXT, env })))
    const entries = (await all(db)).sort((a, b) => a.seq - b.seq)
    expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    for (const [i, entry] of entries.entries()) expect(entry.event.prev).toBe(entries[i - 1]?.hash ?? null)
  })

  test('without Web Locks a lost race is signed again, never overwritten', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    const noLock = { ...env, lock: <T>(_: string, work: () => Promise<T>) => work() }
    await enrol(db)
    await Promise.all(Array.from({ length: 4 }, () => add(db, { draft, context: CONTEXT, env: noLock })))
    const entries = (await all(db)).sort((a, b) => a.seq - b.seq)
    expect(entries.map((entry) => entry.seq)).toEqual([1, 2, 3, 4])
    for (const [i, entry] of entries.entries()) expect(entry.event.prev).toBe(entries[i - 1]?.hash ?? null)
  })

  test('a new enrolment starts a new chain and keeps the old records', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db, 'd1')
    await add(db, { draft, context: CONTEXT, env })
    await enrol(db, 'd2')
    const entry = await add(db, { draft, context: CONTEXT, env })
    expect([entry.device_id, entry.seq, entry.event.prev]).toEqual(['d2', 1, null])
    expect(await all(db)).toHaveLength(2)
  })

  test('nothing is stored before the phone is enrolled', async () => {
    const db = await freshDb()
    await expect(add(db, { draft, context: CONTEXT, env: makeEnv().env })).rejects.toBeInstanceOf(NotEnrolled)
    expect(await all(db)).toEqual([])
  })

  test('pruning keeps what waits, what was refused, and the head of the chain', async () => {
    const db = await freshDb()
    const { env, clock } = makeEnv()
    await enrol(db)
    const [accepted, refused, , head] = [
      await add(db, { draft, context: CONTEXT, env }),
      await add(db, { draft, context: CONTEXT, env }),
      await add(db, { draft, context: CONTEXT, env }),
      await add(db, { draft, context: CONTEXT, env }),
    ]
    const at = (received_at: string) => ({ event_id: null, event_hash: '', device_id: null, received_at, codes: [], visits: [] })
    const then = at('2026-04-08T01:00:00Z')
    await settle(db, accepted, 'r', { ...then, verdict: 'accepted' })
    await settle(db, refused, 'r', { ...then, verdict: 'refused' })
    await settle(db, head, 'r', { ...then, verdict: 'accepted' })
    // The phone's own clock is a claim: a year ahead it must not cost yesterday's records.
    clock.now += 365 * 24 * 3600_000
    await prune(db)
    expect((await all(db)).map((entry) => entry.seq)).toEqual([1, 2, 3, 4])
    const later = await add(db, { draft, context: CONTEXT, env })
    expect(later.event.prev).toBe(head.hash)
    await settle(db, later, 'r', { ...at('2026-06-08T01:00:00Z'), verdict: 'accepted' })
    await prune(db)
    expect((await all(db)).map((entry) => entry.seq)).toEqual([2, 3, 5])
    expect((await add(db, { draft, context: CONTEXT, env })).event.prev).toBe(later.hash)
  })
})

describe('what was read before the tap', () => {
  test('the tap itself opens one transaction, and that one is durable', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    await keepAnchor(db, { jws: 'a1', env: { ...env, origin: 7 } })
    await prepare(db)
    const opened = vi.spyOn(db, 'transaction')
    for (const seq of [1, 2]) expect((await add(db, { draft, context: CONTEXT, env })).seq).toBe(seq)
    expect(opened.mock.calls.map(([, mode, options]) => [mode, options])).toEqual([1, 2].map(() => ['readwrite', { durability: 'strict' }]))
    opened.mockRestore()
  })

  test('another window has gone on since: the link is made anew, by the same judge', async () => {
    const [here, there] = [await openDb('gone-on'), await openDb('gone-on')]
    const { env } = makeEnv()
    await enrol(here)
    await prepare(here)
    const other = await add(there, { draft, context: CONTEXT, env })
    const seqs: number[] = []
    const entry = await add(here, { draft, context: CONTEXT, env, judge: ({ seq }) => (seqs.push(seq), null) })
    expect([seqs, entry.event.seq, entry.event.prev]).toEqual([[1, 2], 2, other.hash])
    expect(await all(there)).toHaveLength(2)
    here.close()
    there.close()
  })

  test('another window has pruned the link that this one would take again', async () => {
    const [here, there] = [await openDb('pruned'), await openDb('pruned')]
    const { env } = makeEnv()
    await enrol(here)
    await prepare(here)
    const answered = async (received_at: string) => {
      const entry = await add(there, { draft, context: CONTEXT, env })
      await settle(there, entry, 'r', { event_id: null, event_hash: '', device_id: null, received_at, codes: [], visits: [], verdict: 'accepted' })
      return entry
    }
    await answered('2026-01-01T00:00:00Z')
    const head = await answered('2026-04-01T00:00:00Z')
    await prune(there)
    const entry = await add(here, { draft, context: CONTEXT, env })
    expect([entry.event.seq, entry.event.prev]).toEqual([3, head.hash])
    here.close()
    there.close()
  })

  test('the phone was enrolled anew, or given up, in another window', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db, 'd1')
    await prepare(db)
    await enrol(db, 'd2')
    const entry = await add(db, { draft, context: CONTEXT, env })
    expect([entry.device_id, parse(entry.jws).header.kid, entry.seq]).toEqual(['d2', 'd2', 1])
    await setMeta(db, 'device', undefined)
    await expect(add(db, { draft, context: CONTEXT, env })).rejects.toBeInstanceOf(NotEnrolled)
    expect(await all(db)).toHaveLength(1)
  })

  test('a fresher signed time has come to the phone by another window', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    const started = { ...env, origin: 9 }
    await keepAnchor(db, { jws: 'a1', env })
    await prepare(db)
    expect((await add(db, { draft, context: CONTEXT, env: started })).event).toMatchObject({ anchor: 'a1', elapsed_ms: null })
    await keepAnchor(db, { jws: 'a2', env })
    expect((await add(db, { draft, context: CONTEXT, env: started })).event).toMatchObject({ anchor: 'a2', elapsed_ms: null, clock: { restarts: 1 } })
  })
})

describe('anchor', () => {
  const time = async (db: Db, env: Env) => timeBy(countStart(bestAnchor(await getMeta(db, 'anchor'), env), env), env)

  test('elapsed time is monotonic, and unknown after a new start', async () => {
    const db = await freshDb()
    const { env, clock } = makeEnv()
    const known = { zone_min: 480, jump_ms: null, restarts: 0 }
    expect(await time(db, env)).toEqual({ anchor: null, elapsed_ms: null, clock: known })
    await keepAnchor(db, { jws: 'a1', env })
    clock.perf += 2500.4
    clock.now -= 86_400_000
    expect(await time(db, env)).toEqual({ anchor: 'a1', elapsed_ms: 2500, clock: { ...known, jump_ms: -86_402_500 } })
    const restarted = { ...env, origin: 2, perf: () => 5 }
    expect(await time(db, restarted)).toEqual({ anchor: 'a1', elapsed_ms: null, clock: { ...known, restarts: 1 } })
  })

  test('each start since the signed time counts once, and a fresh one begins anew', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    await keepAnchor(db, { jws: 'a1', env })
    const start = (origin: number) => ({ ...env, origin })
    const restarts = async (origin: number) => (await add(db, { draft, context: CONTEXT, env: start(origin) })).event.clock?.restarts
    expect(await restarts(2)).toBe(1)
    expect(await restarts(2)).toBe(1)
    expect(await restarts(3)).toBe(2)
    expect((await getMeta(db, 'anchor')) as StoredAnchor).toMatchObject({ jws: 'a1', restarts: 2, counted: 3 })
    await keepAnchor(db, { jws: 'a2', env: start(3) })
    expect(await restarts(3)).toBe(0)
    expect(await restarts(4)).toBe(1)
  })

  test('sleep, a clock set to another year and another zone are told', async () => {
    const db = await freshDb()
    const { env, clock } = makeEnv()
    await keepAnchor(db, { jws: 'a1', env })
    clock.now += 3_600_000
    expect((await time(db, env)).clock).toEqual({ zone_min: 480, jump_ms: 3_600_000, restarts: 0 })
    clock.now += 400 * 365 * 86_400_000
    expect((await time(db, { ...env, zoneMin: () => 540 })).clock).toEqual({ zone_min: 540, jump_ms: 6_311_520_000_000, restarts: 0 })
  })
})

describe('the phone\u2019s own verdict', () => {
  const judged = { codes: ['OUTSIDE_WINDOW'], rules: '1', facts_at: null }
  test('is signed with the event that it is about', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    const seen: string[] = []
    const entry = await add(db, { draft, context: CONTEXT, env, judge: (event) => (seen.push(event.claimed_at), judged) })
    expect(parse<CheckEvent>(entry.jws).payload.judged).toEqual(judged)
    expect(seen).toEqual([entry.event.claimed_at])
  })
  test('never keeps a record from being made', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const fails = () => {
      throw new Error('law')
    }
    expect((await add(db, { draft, context: CONTEXT, env, judge: fails })).event.judged).toBeNull()
    expect(quiet).toHaveBeenCalledOnce()
    quiet.mockRestore()
  })
})

describe('enrolment', () => {
  test('the key cannot be taken out, and a retry uses the same one', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    const first = await enrolRequest(db, { secret: 'ABCDEFGH', platform: 'test' })
    const second = await enrolRequest(db, { secret: 'ABCDEFGH', platform: 'test' })
    expect(second.public_key).toEqual(first.public_key)
    const proof = parse<{ secret: string }>(first.proof)
    expect(proof.header).toEqual({ alg: 'ES256', typ: 'enrol+jws' })
    expect(proof.payload).toEqual({ secret: 'ABCDEFGH' })
    expect(await isSignedBy(proof, first.public_key)).toBe(true)
    const redeemed = { device_id: 'd9', caregiver: { id: 'c', name: '李明' }, provider: { id: 'p', name: '康乐' }, token: 't', anchor: 'a' }
    const device = await adopt(db, { redeemed, env })
    expect(device.private_key.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('jwk', device.private_key)).rejects.toThrow()
    expect(JSON.stringify(await getMeta(db, 'device'))).not.toContain('"t"')
  })
})

describe('note', () => {
  test.each([
    ['  好  ', '好'],
    ['a\u0000b\nc', 'a b c'],
    ['x\ud800y', 'xy'],
    ['👍', '👍'],
    ['', null],
    [' \n ', null],
    ['长'.repeat(300), '长'.repeat(200)],
  ])('%j', (text, clean) => expect(cleanNote(text)).toBe(clean))
})
