import { dockerCheck } from "./docker-check.ts";
import { grpcCheck } from "./grpc-check.ts";
import { h2pingCheck } from "./h2ping-check.ts";
import { httpCheck } from "./http-check.ts";
import { osServiceCheck } from "./os-service-check.ts";
import type { OwnTls, Probe, TlsProbe } from "./plan.ts";
import { scriptCheck } from "./script-check.ts";
import { tcpCheck } from "./tcp-check.ts";
import { udpCheck } from "./udp-check.ts";

/** Every kind of check that the agent probes by itself. A new kind is a file and a line here. */
export const probes: Readonly<Record<string, Probe>> = {
	http: httpCheck,
	tcp: tcpCheck,
	udp: udpCheck,
	script: scriptCheck,
	docker: dockerCheck,
	grpc: grpcCheck,
	h2ping: h2pingCheck,
	os_service: osServiceCheck,
};

/**
 * The same with the agent's own certificate and authority for those that speak TLS (`enable_agent_tls_for_checks`); `own` is asked
 * for each attempt.
 */
export function probesWithOwnTls(own: () => OwnTls): Readonly<Record<string, Probe>> {
	const withOwn =
		(probe: TlsProbe): Probe =>
		(plan, signal) => {
			const { ca, cert, key } = own();
			return probe(plan, signal, {
				...(ca === undefined ? {} : { ca }),
				...(cert === undefined ? {} : { cert }),
				...(key === undefined ? {} : { key }),
			});
		};
	return { ...probes, http: withOwn(httpCheck), grpc: withOwn(grpcCheck), h2ping: withOwn(h2pingCheck) };
}
