/** Draws the app's icons (a house with a tick in its doorway) as PNG files, from geometry alone. Run: npm run icons */
import { mkdirSync, writeFileSync } from 'node:fs'
import { deflateSync, crc32 as nodeCrc } from 'node:zlib'

const GREEN = [11, 110, 93]
const PAPER = [255, 255, 255]
const OUT = new URL('../public/icons/', import.meta.url)

function crc32(bytes) {
  if (nodeCrc) return nodeCrc(bytes)
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body) >>> 0, body.length + 4)
  return out
}

function png(size, pixel) {
  const raw = Buffer.alloc(size * (size * 4 + 1))
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) raw.set(pixel(x, y), y * (size * 4 + 1) + 1 + x * 4)
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(size, 0)
  head.writeUInt32BE(size, 4)
  head.set([8, 6, 0, 0, 0], 8)
  const sign = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([sign, chunk('IHDR', head), chunk('IDAT', deflateSync(raw, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

/** Distance from a point to a line piece, all in the unit square. */
function toSegment(px, py, [ax, ay, bx, by]) {
  const [dx, dy] = [bx - ax, by - ay]
  const t = Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy)))
  return Math.hypot(px - ax - t * dx, py - ay - t * dy)
}

const ROOF = [[0.2, 0.5, 0.5, 0.23], [0.5, 0.23, 0.8, 0.5]]
const WALLS = [[0.285, 0.47, 0.285, 0.77], [0.285, 0.77, 0.715, 0.77], [0.715, 0.77, 0.715, 0.47]]
const TICK = [[0.4, 0.575, 0.475, 0.65], [0.475, 0.65, 0.615, 0.49]]
const INK = [[ROOF, 0.037], [WALLS, 0.037], [TICK, 0.033]]
const inkAt = (x, y) => INK.some(([lines, half]) => lines.some((line) => toSegment(x, y, line) <= half))

function inRounded(x, y, radius) {
  const dx = Math.max(radius - x, 0, x - (1 - radius))
  const dy = Math.max(radius - y, 0, y - (1 - radius))
  return Math.hypot(dx, dy) <= radius
}

function icon(size, { radius, scale }) {
  const step = 4
  return png(size, (px, py) => {
    let [cover, ink] = [0, 0]
    for (let i = 0; i < step * step; i++) {
      const x = (px + ((i % step) + 0.5) / step) / size
      const y = (py + (Math.floor(i / step) + 0.5) / step) / size
      if (!inRounded(x, y, radius)) continue
      cover++
      if (inkAt((x - 0.5) / scale + 0.5, (y - 0.5) / scale + 0.5)) ink++
    }
    if (!cover) return [0, 0, 0, 0]
    const share = ink / cover
    return [...GREEN.map((green, i) => Math.round(green + (PAPER[i] - green) * share)), Math.round((cover / step ** 2) * 255)]
  })
}

/** The house alone, white on nothing: phones colour it themselves in the bar at the top. */
function badge(size, scale) {
  const step = 4
  return png(size, (px, py) => {
    let ink = 0
    for (let i = 0; i < step * step; i++) {
      const [x, y] = [(px + ((i % step) + 0.5) / step) / size, (py + (Math.floor(i / step) + 0.5) / step) / size]
      if (inkAt((x - 0.5) / scale + 0.5, (y - 0.5) / scale + 0.5)) ink++
    }
    return [...PAPER, Math.round((ink / step ** 2) * 255)]
  })
}

mkdirSync(OUT, { recursive: true })
writeFileSync(new URL('icon-192.png', OUT), icon(192, { radius: 0.2, scale: 1 }))
writeFileSync(new URL('icon-512.png', OUT), icon(512, { radius: 0.2, scale: 1 }))
writeFileSync(new URL('apple-180.png', OUT), icon(180, { radius: 0, scale: 1 }))
writeFileSync(new URL('maskable-512.png', OUT), icon(512, { radius: 0, scale: 0.82 }))
writeFileSync(new URL('badge-96.png', OUT), badge(96, 1.4))
