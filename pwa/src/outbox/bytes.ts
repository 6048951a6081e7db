/** Bytes, base64url, hashes and time-ordered ids. */

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

export function toBase64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Throws on anything that is not plain base64url without padding. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[\w-]*$/.test(text)) throw new SyntaxError('not base64url')
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

/** The name of an event in its chain and in its receipt. */
export const hashOf = async (text: string): Promise<string> => toBase64url(await sha256(utf8(text)))

/** The salted hash by which a phone without network knows the code of a home. */
export async function homeHash(salt: string, token: string): Promise<string> {
  const inner = await sha256(utf8(token))
  const outer = fromBase64url(salt)
  const both = new Uint8Array(outer.length + inner.length)
  both.set(outer)
  both.set(inner, outer.length)
  return toBase64url(await sha256(both))
}

/** UUID version 7: the time first, then chance. */
export function uuid7(now: number, random: (length: number) => Uint8Array): string {
  const bytes = new Uint8Array(16)
  bytes.set(random(16))
  for (let i = 5, rest = Math.max(0, Math.floor(now)); i >= 0; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
