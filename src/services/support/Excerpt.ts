/** Texts within a length. */

/** Cuts a text in its middle, without splitting code points, and says so. `limit` is in characters. */
export const excerpt = (text: string, limit: number): string => {
  if (text.length <= limit) return text
  const half = Math.floor(limit / 2)
  const head = text.slice(0, half).replace(/[\uD800-\uDBFF]$/, "")
  const tail = text.slice(-half).replace(/^[\uDC00-\uDFFF]/, "")
  return `${head}\n[… ${text.length - head.length - tail.length} characters left out …]\n${tail}`
}
