/** Content negotiation by the Accept header. */

interface Range {
  readonly type: string
  readonly quality: number
}

const parse = (header: string): ReadonlyArray<Range> =>
  header.split(",").map((item) => {
    const [type = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2)
    return { type, quality: quality === undefined || Number.isNaN(Number(quality)) ? 1 : Number(quality) }
  })

/** The quality of a type: that of the most specific range that covers it. */
const qualityOf = (ranges: ReadonlyArray<Range>, type: string): number => {
  const wanted = [type, `${type.split("/")[0]}/*`, "*/*"]
  return wanted.map((name) => ranges.find((range) => range.type === name)).find((range) => range !== undefined)
    ?.quality ?? 0
}

/** Whether the client prefers `type` to `other`, the default. */
export const prefers = (header: string | undefined, type: string, other: string): boolean => {
  const ranges = parse(header ?? "")
  return qualityOf(ranges, type) > qualityOf(ranges, other)
}
