/** Metrics of the HTTP edge. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/** By `method`, `route` and `status`. */
export const requests = Metric.counter("opentl_http_requests_total", {
  description: "HTTP requests answered.",
  incremental: true
})

/** The time until the response starts: the length of a stream does not count. */
export const requestSeconds = Metric.histogram(
  "opentl_http_request_duration_seconds",
  MetricBoundaries.fromIterable([0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]),
  "Time until an answer begins."
)

export const eventClients = Metric.gauge("opentl_event_stream_clients", {
  description: "Event streams that are open."
})

export const eventsSent = Metric.counter("opentl_event_stream_events_total", {
  description: "Events written to event streams.",
  incremental: true
})

/** Counts a response by method, route pattern and status. */
export const answered = (
  labels: { readonly method: string; readonly route: string; readonly status: number },
  duration: Duration.Duration
): Effect.Effect<void> =>
  Effect.zipRight(
    Metric.increment(requests).pipe(Effect.tagMetrics({ ...labels, status: String(labels.status) })),
    Metric.update(requestSeconds, Duration.toSeconds(duration))
  )
