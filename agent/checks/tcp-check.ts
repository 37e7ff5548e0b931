import { connect } from "node:net";
import { dialText, targetText } from "./go-errors.ts";
import { type Probe, timeoutMsDefault } from "./plan.ts";
import { splitHostPort } from "./target.ts";

/** Passing when a connection can be made. */
export const tcpCheck: Probe = (plan, signal) => {
	const target = plan.target ?? "";
	const address = splitHostPort(target);
	if (address === undefined) {
		return Promise.resolve({ status: "critical", output: targetText("tcp", target) });
	}
	const timeoutMs = plan.timeoutMs || timeoutMsDefault;
	return new Promise((resolve) => {
		const socket = connect({ ...address, timeout: timeoutMs, signal });
		const critical = (reason: string) => {
			socket.destroy();
			resolve({ status: "critical", output: reason });
		};
		// The socket's own time-out counts idle time, so resolving a name slowly is not covered by it alone.
		const timer = setTimeout(() => critical(`dial tcp ${target}: i/o timeout`), timeoutMs);
		socket.on("close", () => clearTimeout(timer));
		socket.on("error", (error) => critical(dialText("tcp", target, error)));
		socket.on("connect", () => {
			socket.destroy();
			resolve({ status: "passing", output: `TCP connect ${target}: Success` });
		});
	});
};
