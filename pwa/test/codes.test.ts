/** Tokens and short codes, by the examples that the server's tests read too. */
import { describe, expect, test } from 'vitest'
import shortCodes from '../../schemas/examples/short-code.json'
import tokens from '../../schemas/examples/household-token.json'
import { homeHash, sha256, toBase64url, utf8 } from '../src/outbox/bytes'
import { checkDigit, formatShortCode, isShortCode, readScan, readSecret, shortCodeDigits } from '../src/rules/codes'

describe('household token', () => {
  test.each(tokens.valid)('$text', async ({ text, token, token_sha256, code_salt, code_hash }) => {
    expect(readScan(text)).toEqual({ kind: 'home', token })
    expect(toBase64url(await sha256(utf8(token)))).toBe(token_sha256)
    expect(await homeHash(code_salt, token)).toBe(code_hash)
  })
  test.each(tokens.malformed)('malformed: $why', ({ text }) => expect(readScan(text)).toEqual({ kind: 'malformed' }))
  test.each(tokens.foreign)('foreign: $text', ({ text }) => expect(readScan(text)).toEqual({ kind: 'foreign' }))
  test('an enrolment code is not a home', () => {
    expect(readScan('HTTPS://DOORSTEP.EXAMPLE/E/7ZK3M9Q2W8XABCDE')).toEqual({ kind: 'enrol', secret: '7ZK3M9Q2W8XABCDE' })
    expect(readSecret(' 7zk3-m9q2-w8xa-bcde ')).toBe('7ZK3M9Q2W8XABCDE')
    expect(readSecret('https://doorstep.example/E/7ZK3M9Q2W8XABCDE')).toBe('7ZK3M9Q2W8XABCDE')
    expect(readSecret('abc')).toBeNull()
  })
})

describe('short code', () => {
  test.each(shortCodes.valid)('$typed', ({ typed, digits, printed }) => {
    expect(shortCodeDigits(typed)).toBe(digits)
    expect(isShortCode(digits)).toBe(true)
    expect(formatShortCode(digits)).toBe(printed)
  })
  test.each(shortCodes.invalid)('refused: $why', ({ typed }) => expect(isShortCode(shortCodeDigits(typed))).toBe(false))
  test('every single wrong digit is noticed', () => {
    const eight = '48213075'
    const right = eight + checkDigit(eight)
    for (let i = 0; i < 9; i++) {
      for (const digit of '0123456789') {
        const changed = right.slice(0, i) + digit + right.slice(i + 1)
        expect(isShortCode(changed)).toBe(changed === right)
      }
    }
  })
})
