import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Prometheus from "../../src/http/Prometheus.ts"

/** The lines of the metrics whose names begin so. */
const lines = (prefix: string) =>
  Effect.map(
    Metric.snapshot,
    (pairs) =>
      Prometheus.format(pairs).split("\n").filter((line) => line.replace(/^# (HELP|TYPE) /, "").startsWith(prefix))
  )

describe("Prometheus.format", () => {
  it.effect("writes counters and gauges with their labels, one family together", () =>
    Effect.gen(function*() {
      const counter = Metric.counter("t1_total", { description: "Things\nwith \\ in them", incremental: true })
      const gauge = Metric.gauge("t1_level")
      yield* Metric.incrementBy(counter, 2).pipe(Effect.tagMetrics("kind", "b"))
      yield* Metric.set(gauge, -1.5)
      yield* Metric.increment(counter).pipe(Effect.tagMetrics("kind", "a"))
      assert.deepStrictEqual(yield* lines("t1_"), [
        "# TYPE t1_level gauge",
        "t1_level -1.5",
        "# HELP t1_total Things\\nwith \\\\ in them",
        "# TYPE t1_total counter",
        "t1_total{kind=\"a\"} 1",
        "t1_total{kind=\"b\"} 2"
      ])
    }))

  it.effect("escapes label values and mends names", () =>
    Effect.gen(function*() {
      yield* Metric.increment(Metric.counter("t2.things-total", { incremental: true })).pipe(
        Effect.tagMetrics("the.label", "a \"quoted\"\nback\\slash")
      )
      assert.deepStrictEqual(yield* lines("t2_"), [
        "# TYPE t2_things_total counter",
        "t2_things_total{the_label=\"a \\\"quoted\\\"\\nback\\\\slash\"} 1"
      ])
    }))

  it.effect("writes histograms with cumulative buckets in rising order", () =>
    Effect.gen(function*() {
      const histogram = Metric.histogram("t3_seconds", MetricBoundaries.fromIterable([0.5, 2, 10]))
      yield* Effect.forEach([0.1, 1, 1, 99], (value) => Metric.update(histogram, value))
      assert.deepStrictEqual(yield* lines("t3_"), [
        "# TYPE t3_seconds histogram",
        "t3_seconds_bucket{le=\"0.5\"} 1",
        "t3_seconds_bucket{le=\"2\"} 3",
        "t3_seconds_bucket{le=\"10\"} 3",
        "t3_seconds_bucket{le=\"+Inf\"} 4",
        "t3_seconds_sum 101.1",
        "t3_seconds_count 4"
      ])
    }))

  it.effect("writes summaries and frequencies", () =>
    Effect.gen(function*() {
      const summary = Metric.summary({ name: "t4_size", maxAge: "1 minute", maxSize: 10, error: 0, quantiles: [0.5] })
      yield* Effect.forEach([2, 2, 2], (value) => Metric.update(summary, value))
      yield* Metric.update(Metric.frequency("t4_words"), "hello")
      assert.deepStrictEqual(yield* lines("t4_"), [
        "# TYPE t4_size summary",
        "t4_size{quantile=\"0.5\"} 2",
        "t4_size_sum 6",
        "t4_size_count 3",
        "# TYPE t4_words counter",
        "t4_words{key=\"hello\"} 1"
      ])
    }))

  it.effect("gives a name one type", () =>
    Effect.gen(function*() {
      yield* Metric.set(Metric.gauge("t5_thing"), 1)
      yield* Metric.increment(Metric.counter("t5_thing", { incremental: true }))
      const written = yield* lines("t5_")
      assert.lengthOf(written.filter((line) => line.startsWith("# TYPE")), 1)
      assert.lengthOf(written, 2)
    }))
})
