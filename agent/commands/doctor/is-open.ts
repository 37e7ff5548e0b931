import { connect } from "node:net";

const connectMsMax = 2_000;

/** Whether a TCP connection can be made. False only when it is refused: what does not answer may only be far away. */
export function isOpen(host: string, port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host, port });
		const end = (open: boolean) => {
			socket.destroy();
			resolve(open);
		};
		socket.setTimeout(connectMsMax, () => end(true));
		socket.on("connect", () => end(true));
		socket.on("error", (error: NodeJS.ErrnoException) => end(error.code !== "ECONNREFUSED"));
	});
}
