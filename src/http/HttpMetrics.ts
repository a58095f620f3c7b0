/** Metrics of the HTTP edge. */
import * as Duration from "effect/Duration"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"

/** By `method`, `route` and `status`. */
const requests = MetricKey.counter("opentl_http_requests_total", {
  description: "HTTP requests answered.",
  incremental: true
})

/** Not labelled. The time until the response starts: the length of a stream does not count. */
const requestSeconds = Metric.histogram(
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

interface Labels {
  readonly method: string
  readonly route: string
  readonly status: number
}

const tagged = ({ method, route, status }: Labels) =>
  Metric.fromMetricKey(MetricKey.taggedWithLabels(requests, [
    MetricLabel.make("method", method),
    MetricLabel.make("route", route),
    MetricLabel.make("status", String(status))
  ]))

/** By labels, as many as there are series: a metric that is labelled anew for each request is looked up by all its labels. */
const known = new Map<string, ReturnType<typeof tagged>>()

const requestsOf = (labels: Labels): ReturnType<typeof tagged> => {
  const name = `${labels.method} ${labels.status} ${labels.route}`
  const found = known.get(name) ?? tagged(labels)
  known.set(name, found)
  return found
}

/**
 * Counts a response by method, route pattern and status, at once: as effects, the two metrics take a dozen of Effect's
 * operations of each request.
 */
export const answered = (labels: Labels, duration: Duration.Duration): void => {
  requestsOf(labels).unsafeUpdate(1, [])
  requestSeconds.unsafeUpdate(Duration.toSeconds(duration), [])
}
