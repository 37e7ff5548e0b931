/**
 * How long a rendering takes: 1,000 services with 10 instances each, as a HAProxy template visits them.
 *
 *     node --import tsx template/gotmpl/gotmpl.bench.ts
 */
import { goSlice, intType, parse, sliceOf, stringType, structType } from "./index.ts";

const serviceCount = 1000;
const instanceCount = 10;
const runs = 20;

const instance = structType("dependency.HealthService", {
	ID: stringType,
	Address: stringType,
	Port: intType,
	Tags: sliceOf(stringType),
});
const service = structType("dependency.CatalogSnippet", { Name: stringType, Instances: sliceOf(instance) });

const data = goSlice(
	service,
	Array.from({ length: serviceCount }, (_, s) => ({
		Name: `service-${s}`,
		Instances: Array.from({ length: instanceCount }, (_, i) => ({
			ID: `service-${s}-${i}`,
			Address: `10.0.${s % 256}.${i}`,
			Port: 8000 + i,
			Tags: ["v1", i % 2 === 0 ? "canary" : "stable"],
		})),
	})),
);

const text = `{{ range $s := . }}
backend {{ .Name }}_backend
  balance roundrobin{{ range $i, $e := .Instances }}
  server {{ .ID }} {{ .Address }}:{{ .Port }} check{{ if eq (index .Tags 1) "canary" }} weight 1{{ end }} # {{ $s.Name }}/{{ $i }}{{ end }}
{{ end }}`;

const parseStart = performance.now();
const template = parse({ name: "haproxy.ctmpl", text });
const parseMs = performance.now() - parseStart;
const times: number[] = [];
let output = "";
for (let run = 0; run < runs; run++) {
	const start = performance.now();
	output = template.execute({ data });
	times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const median = times[runs >> 1] ?? 0;
console.log(`parse ${parseMs.toFixed(2)} ms; first or worst execution ${times.at(-1)?.toFixed(1)} ms`);
console.log(
	`${serviceCount} services x ${instanceCount} instances: ${median.toFixed(1)} ms (median of ${runs}), ` +
		`${(output.length / 1024).toFixed(0)} KiB, ${((median * 1e6) / (serviceCount * instanceCount)).toFixed(0)} ns per instance`,
);
