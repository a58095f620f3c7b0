/** Metrics in Prometheus' text format, version 0.0.4. */
import * as Arr from "effect/Array"
import * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricLabel from "effect/MetricLabel"
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Record from "effect/Record"

type Labels = ReadonlyArray<readonly [name: string, value: string]>

const metricName = (name: string): string => name.replace(/[^a-zA-Z0-9_:]/g, "_").replace(/^(?=\d)/, "_")
const labelName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, "_").replace(/^(?=\d)/, "_")
const escapeHelp = (text: string): string => text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")
const escapeValue = (text: string): string => escapeHelp(text).replace(/"/g, "\\\"")

const number = (value: number | bigint): string =>
  value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value)

const sample = (name: string, labels: Labels, value: number | bigint): string => {
  const pairs = labels.map(([label, text]) => `${labelName(label)}="${escapeValue(text)}"`)
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${number(value)}`
}

const labelsOf = (tags: ReadonlyArray<MetricLabel.MetricLabel>): Labels => tags.map(({ key, value }) => [key, value])

const typeOf = ({ metricKey: { keyType } }: MetricPair.MetricPair.Untyped): string =>
  MetricKeyType.isHistogramKey(keyType)
    ? "histogram"
    : MetricKeyType.isSummaryKey(keyType)
    ? "summary"
    : MetricKeyType.isFrequencyKey(keyType) || MetricKeyType.isCounterKey(keyType) && keyType.incremental
    ? "counter"
    : "gauge"

const samples = (
  name: string,
  { metricKey, metricState: state }: MetricPair.MetricPair.Untyped
): ReadonlyArray<string> => {
  const labels = labelsOf(metricKey.tags)
  if (MetricState.isCounterState(state)) return [sample(name, labels, state.count)]
  if (MetricState.isGaugeState(state)) return [sample(name, labels, state.value)]
  if (MetricState.isFrequencyState(state)) {
    return Array.from(state.occurrences, ([key, count]) => sample(name, [...labels, ["key", key]], count))
  }
  const totals = (
    count: number,
    sum: number
  ) => [sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, count)]
  if (MetricState.isHistogramState(state)) {
    return [
      ...state.buckets.map(([limit, count]) => sample(`${name}_bucket`, [...labels, ["le", number(limit)]], count)),
      ...totals(state.count, state.sum)
    ]
  }
  if (MetricState.isSummaryState(state)) {
    return [
      ...Arr.filterMap(
        state.quantiles,
        ([quantile, value]) =>
          Option.map(value, (value) => sample(name, [...labels, ["quantile", number(quantile)]], value))
      ),
      ...totals(state.count, state.sum)
    ]
  }
  return []
}

const family = (
  name: string,
  pairs: Arr.NonEmptyReadonlyArray<MetricPair.MetricPair.Untyped>
): ReadonlyArray<string> => {
  const help = Arr.findFirst(pairs, ({ metricKey }) => metricKey.description)
  const type = typeOf(pairs[0])
  return [
    ...Option.match(help, { onNone: () => [], onSome: (text) => [`# HELP ${name} ${escapeHelp(text)}`] }),
    `# TYPE ${name} ${type}`,
    // one name has one type
    ...pairs.filter((pair) => typeOf(pair) === type).flatMap((pair) => samples(name, pair))
  ]
}

const byLabels = Order.mapInput(
  Order.string,
  ({ metricKey }: MetricPair.MetricPair.Untyped) => sample("", labelsOf(metricKey.tags), 0)
)

/** One family of lines per name, sorted by name. */
export const format = (pairs: ReadonlyArray<MetricPair.MetricPair.Untyped>): string => {
  const inOrder = Arr.sort(pairs, byLabels)
  const families = Arr.groupBy(inOrder, ({ metricKey }) => metricName(metricKey.name))
  return Arr.sort(
    Record.toEntries(families),
    Order.mapInput(Order.string, ([name]: readonly [string, unknown]) => name)
  )
    .flatMap(([name, pairs]) => family(name, pairs))
    .map((line) => `${line}\n`)
    .join("")
}
