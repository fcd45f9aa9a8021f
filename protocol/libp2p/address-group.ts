/**
 * Addresses that count as one: whoever has one of them has the others too, at no cost.
 */

/** The operator's own machine, where a proxy stands for everybody behind it. */
export const isOwnHost = (address: string): boolean => address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')

/** IPv6 customers get a /64 or more, so an address of theirs is its first four groups. IPv4 inside IPv6 is IPv4. */
export function groupOf (address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped !== null) return mapped[1]!
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
