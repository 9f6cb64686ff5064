/**
 * A round trip in JavaScript: an account, a login, a task, and its result over the socket.
 * Works in a browser's console on any page of pingpong, in `examples/notifications.html`, and in Node 22 or newer:
 *
 *     node examples/round_trip.js [http://localhost:8000]
 */

/** @param {string} url @returns {Promise<object>} the data of the `task_result` */
async function roundTrip(url) {
  const credentials = { email: `js-${Date.now()}-${Math.random().toString(36).slice(2)}@example.com`, password: "correct horse battery" };
  await post(`${url}/api/users/register/`, credentials);
  const { access } = await post(`${url}/api/users/login/`, credentials);

  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/notifications/?token=${access}`);
  const result = new Promise((resolve, reject) => {
    socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "task_result") resolve(message.data);
    };
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  await post(`${url}/api/tasks/reverse_string/`, { text: "hello" }, access);
  const data = await result;
  socket.close();
  return data;
}

async function post(url, body, token) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}

if (globalThis.process?.argv) {
  roundTrip(process.argv[2] ?? "http://localhost:8000").then(console.log, (error) => {
    console.error(error.message);
    process.exit(1);
  });
}
