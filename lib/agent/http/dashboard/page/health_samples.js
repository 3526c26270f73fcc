/**
 * Figures of the agent at one time, out of its statistics and of what it tells Prometheus.
 *
 * @module
 */

/**
 * @typedef {object} Sample
 * @property {number} timeMs
 * @property {Record<string, number>} values by the names of {@link sample}
 */

/** What is charted, by its name in `/metrics` without the prefix of the agent. */
const SUMMARIES = {
  lag: "runtime_event_loop_lag",
  probe: "memberlist_probeNode",
  gossip: "memberlist_gossip",
  pushPull: "memberlist_pushPullNode",
};

/**
 * @param {Record<string, string>} stats the section `serf` of the statistics
 * @param {string} metrics the text for Prometheus
 * @returns {Sample}
 */
export function sample(stats, metrics) {
  const values = {};
  for (const name of ["health_score", "event_queue", "intent_queue", "query_queue"]) {
    values[name] = Number(stats[name]);
  }
  const lines = metrics.split("\n");
  for (const [name, metric] of Object.entries(SUMMARIES)) {
    for (const [key, quantile] of [["50", "0.5"], ["99", "0.99"]]) {
      const found = lines.find((line) => line.includes(`${metric}{quantile="${quantile}"}`));
      // NaN where nothing was measured in the last minute.
      values[name + key] = found === undefined ? NaN : Number(found.slice(found.lastIndexOf(" ")));
    }
  }
  return { timeMs: Date.now(), values };
}
