import { connect } from "node:net";
import { errorMessage } from "../../lib/errors.ts";
import { type Probe, timeoutMsDefault } from "./plan.ts";
import { splitHostPort } from "./target.ts";

/** Passing when a connection can be made. */
export const tcpCheck: Probe = (plan, signal) => {
	const target = plan.target ?? "";
	const address = splitHostPort(target);
	if (address === undefined) {
		return Promise.resolve({ status: "critical", output: `TCP target "${target}" is not HOST:PORT` });
	}
	const timeoutMs = plan.timeoutMs || timeoutMsDefault;
	return new Promise((resolve) => {
		const socket = connect({ ...address, timeout: timeoutMs, signal });
		const critical = (reason: string) => {
			socket.destroy();
			resolve({ status: "critical", output: `dial tcp ${target}: ${reason}` });
		};
		// The socket's own time-out counts idle time, so resolving a name slowly is not covered by it alone.
		const timer = setTimeout(() => critical(`no connection within ${timeoutMs} ms`), timeoutMs);
		socket.on("close", () => clearTimeout(timer));
		socket.on("error", (error) => critical(errorMessage(error)));
		socket.on("connect", () => {
			socket.destroy();
			resolve({ status: "passing", output: `TCP connect ${target}: Success` });
		});
	});
};
