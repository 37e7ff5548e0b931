import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { dialText, targetText } from "./go-errors.ts";
import { type Outcome, type Probe, timeoutMsDefault } from "./plan.ts";
import { splitHostPort } from "./target.ts";

/** Critical only when the host says that nobody listens (ICMP port unreachable): no answer is what most UDP services give. */
export const udpCheck: Probe = (plan, signal) => {
	const target = plan.target ?? "";
	const address = splitHostPort(target);
	if (address === undefined) {
		return Promise.resolve({ status: "critical", output: targetText("udp", target) });
	}
	return new Promise((resolve) => {
		const socket = createSocket(isIPv6(address.host) ? "udp6" : "udp4");
		let ended = false;
		const end = (outcome: Outcome) => {
			if (ended) return;
			ended = true;
			clearTimeout(timer);
			signal.removeEventListener("abort", abort);
			socket.removeAllListeners("error");
			// A late error of a closing socket must not end the process.
			socket.on("error", () => {});
			socket.close();
			resolve(outcome);
		};
		const passing: Outcome = { status: "passing", output: `UDP connect ${target}: Success` };
		const timer = setTimeout(
			// Where the process stood still, a refusal that came in the meantime is read first.
			() => setImmediate(() => end(passing)),
			Math.min(plan.timeoutMs || timeoutMsDefault, plan.intervalMs || timeoutMsDefault),
		);
		const abort = () => end(passing);
		signal.addEventListener("abort", abort, { once: true });
		socket.on("error", (error) => {
			end({ status: "critical", output: isOpen ? refusedText(socket, target) : dialText("udp", target, error) });
		});
		socket.on("message", () => end(passing));
		let isOpen = false;
		socket.connect(address.port, address.host, () => {
			isOpen = true;
			socket.send(new Uint8Array());
		});
	});
};

/** An answer that refuses comes when the reference reads. */
function refusedText(socket: Socket, target: string): string {
	const { address, port } = socket.address();
	return `read udp ${address}:${port}->${target}: read: connection refused`;
}
