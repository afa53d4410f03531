"""Runs a program and prints the most memory that it had, in kB: peak.py PROGRAM [ARGUMENT...].

Read while it runs, for a peak that the kernel adds up for a child begins with that of who started it.
"""
import subprocess
import sys
import time

peak = 0
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
while child.poll() is None:
    try:
        with open(f"/proc/{child.pid}/status") as status:
            found = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        peak = max(peak, *map(int, found)) if found else peak
    except OSError:
        pass
    time.sleep(0.02)
print(peak)
sys.exit(child.returncode)
