"""A network of validator processes on loopback, from one genesis file, for the scripts beside."""
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

P2P_PORT = 27600
API_PORT = 28080


class Failure(Exception):
    """The network broke a promise."""


def get(node, path, timeout=5):
    url = f"http://127.0.0.1:{API_PORT + node}{path}"
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return json.load(answer)


def height(node):
    try:
        return get(node, "/v1/status")["height"]
    except (urllib.error.URLError, OSError, KeyError, ValueError):
        return None


class Network:
    """Folders of the validators and the processes that run."""

    def __init__(self, binary, folder, validators=4, load_accounts=5000):
        self.binary, self.folder, self.processes = binary, folder, {}
        self.validators = validators
        subprocess.run(
            [binary, "genesis", "new", "--output", f"{folder}/genesis.json", "--preset", "devnet",
             "--validators", str(validators), "--homes", f"{folder}/homes",
             "--p2p-port", str(P2P_PORT), "--api-port", str(API_PORT),
             "--dev-accounts", "10", "--load-accounts", str(load_accounts)],
            check=True, stdout=subprocess.DEVNULL)

    def home(self, node):
        return f"{self.folder}/homes/node{node}"

    def start(self, node):
        with open(f"{self.folder}/node{node}.log", "ab") as log:
            self.processes[node] = subprocess.Popen(
                [self.binary, "--home", self.home(node), "start"], stdout=log, stderr=log)

    def start_all(self):
        for node in range(self.validators):
            self.start(node)
        for node in range(self.validators):
            wait_height(node, 2, 120)

    def kill(self, node):
        self.processes[node].send_signal(signal.SIGKILL)
        self.processes[node].wait()

    def alive(self, node):
        return self.processes[node].poll() is None

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.2)
    raise Failure(f"{what}: not within {seconds} s")


def wait_height(node, target, seconds):
    wait_for(f"node{node} reaches height {target}", seconds, lambda: (height(node) or 0) >= target)


def bench(binary, nodes, *options):
    """Starts `althing bench` against these nodes."""
    command = [binary, "--node", f"http://127.0.0.1:{API_PORT + nodes[0]}", "--json", "bench"]
    command += [str(option) for option in options]
    for node in nodes[1:]:
        command += ["--also", f"http://127.0.0.1:{API_PORT + node}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def bench_result(process):
    out, err = process.communicate(timeout=1800)
    if process.returncode != 0:
        raise Failure(f"the load generator failed: {err.strip()}")
    return json.loads(out.strip().splitlines()[-1])


def memory_mib(pid, what):
    """A figure of /proc/PID/status: VmRSS is memory now, VmHWM its peak."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) // 1024


def in_folder(name, work, parent=None, keep=False):
    """Runs work(folder) in a temporary folder; the exit status, after FAIL with the reason if 1."""
    folder = tempfile.mkdtemp(prefix=f"althing-{name}-", dir=parent)
    try:
        work(folder)
    except (Failure, subprocess.CalledProcessError) as failure:
        print(f"FAIL {failure}")
        return 1
    finally:
        if keep:
            print(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 0
