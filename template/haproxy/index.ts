/** HAProxy's servers kept equal to the catalog through its Runtime API, without reloads (docs/load-balancing.md). */
export { createHaproxy, type Haproxy, serversId } from "./haproxy.ts";
export { type HaproxyStatus, haproxyMetrics, haproxyText, isApplied } from "./status.ts";
