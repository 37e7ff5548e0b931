// The two ends of test/template/layer4.test.ts, each run inside a network namespace.
//   serve ADDRESS:PORT...        answers each connection with its own ADDRESS:PORT and a newline, then repeats what it gets
//   count ADDRESS:PORT NUMBER    that many connections one after the other, or until one gets no answer at all; prints what answered
//                                or went wrong, with how often
//   keep ADDRESS:PORT            one connection: prints what answers, then sends a line for each line on standard input
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const [mode, ...rest] = process.argv.slice(2);
const endpoint = (text) => ({ host: text.split(":")[0], port: Number(text.split(":")[1]) });

function serve(texts) {
	let open = texts.length;
	for (const text of texts) {
		const server = createServer((socket) => {
			socket.on("error", () => {});
			socket.write(`${text}\n`);
			socket.pipe(socket);
		});
		server.listen(endpoint(text), () => {
			open--;
			if (open === 0) console.log("ready");
		});
	}
}

const attempt = (target) =>
	new Promise((resolve) => {
		const socket = connect({ ...target, timeout: 3000 });
		socket.setEncoding("utf8");
		socket.on("data", (text) => {
			socket.destroy();
			resolve(text.trim());
		});
		socket.on("timeout", () => {
			socket.destroy();
			resolve("ETIMEDOUT");
		});
		socket.on("error", (error) => resolve(error.code));
	});

async function count(target, number) {
	const counts = {};
	for (let turn = 0; turn < number; turn++) {
		const answer = await attempt(target);
		counts[answer] = (counts[answer] ?? 0) + 1;
		if (answer === "ETIMEDOUT") break;
	}
	console.log(JSON.stringify(counts));
}

function keep(target) {
	const socket = connect(target);
	socket.on("error", (error) => console.log(error.code));
	socket.pipe(process.stdout);
	createInterface({ input: process.stdin }).on("line", (line) => socket.write(`${line}\n`));
}

if (mode === "serve") serve(rest);
else if (mode === "count") await count(endpoint(rest[0]), Number(rest[1]));
else keep(endpoint(rest[0]));
