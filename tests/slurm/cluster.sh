# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of this folder, after cli/expect.sh: a throw-away Slurm cluster on this machine, all of it in
# one folder, on ports of its own, gone when the test is, whatever way it ends.
#
# Several nodes on one machine want: a slurmd with a port, spool and TmpFS each (Debian builds them for that), and MPI
# without shared memory, which would collide.

missing=()
for tool in munged slurmctld slurmd; do
  PATH=$PATH:/usr/sbin type -P $tool >/dev/null || missing+=($tool)
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "skipped: ${missing[*]} not found; install slurm-wlm and munge (scripts/setup.sh does)"
  exit 77
fi
if [ "$(id -u)" != 0 ]; then
  echo "skipped: a cluster of several nodes on one machine wants root"
  exit 77
fi
if [ -z "$(ls -A /sys/fs/cgroup 2>/dev/null)" ]; then
  echo "skipped: slurmd does not start where /sys/fs/cgroup is not mounted" >&2
  exit 77
fi
PATH=$PATH:/usr/sbin
unset "${!SLURM_@}" "${!SBATCH_@}" LVR_SITE LVR_LAUNCHER LVR_MPI LVR_RANKS_PER_NODE LVR_CORES_PER_RANK

cluster=$(mktemp -d /tmp/lvr-slurm.XXXXXX)
daemons=()

# A multiple of 8 below the ports that the system gives away, of which all 8 are free.
free_ports() {
  local port=$((10000 + $$ % 2000 * 8)) taken i
  for i in {1..200}; do
    taken=$(awk '{ print $2 }' /proc/net/tcp | sed -n 's/.*://p' | while read -r hex; do echo $((16#$hex)); done |
      awk -v first="$port" '$1 >= first && $1 < first + 8' | wc -l)
    [ "$taken" = 0 ] && echo $port && return
    port=$((10000 + (port - 10000 + 8) % 16000))
  done
  return 1
}

write_configuration() {  # NODES CPUS PORT
  local nodes=$1 cpus=$2 port=$3 host memory
  host=$(hostname -s)
  memory=$(awk -v n="$nodes" '/MemTotal/ { print int(($2 / 1024 - 512) / n) }' /proc/meminfo)
  mkdir -p "$cluster"/{munge,state,log}
  chmod 755 "$cluster" "$cluster/munge"
  (umask 077 && head -c 1024 /dev/urandom >"$cluster/munge/key")
  : >"$cluster/plugstack.conf"
  echo CgroupAutomount=no >"$cluster/cgroup.conf"
  # Slurm wants to see devices of its GPUs: these are as /dev/null.
  mknod "$cluster/gpu0" c 1 3 && mknod "$cluster/gpu1" c 1 3
  echo "Name=gpu File=$cluster/gpu[0-1]" >"$cluster/gres.conf"
  cat >"$cluster/slurm.conf" <<CONF
ClusterName=lvr$$
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/socket
CredType=cred/munge
CommunicationParameters=NoAddrCache
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdLogFile=$cluster/log/slurmd-%n
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool-%n
TmpFS=$cluster/tmp-%n
PlugStackConfig=$cluster/plugstack.conf
SlurmdParameters=config_overrides
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
GresTypes=gpu
SchedulerParameters=bf_interval=1,sched_min_interval=100000
KillWait=10
MinJobAge=600
ReturnToService=2
PartitionName=all Nodes=ALL Default=YES State=UP
PartitionName=some Nodes=ALL State=UP
CONF
  local n
  for ((n = 1; n <= nodes; ++n)); do
    mkdir -p "$cluster/spool-n$n" "$cluster/tmp-n$n"
    echo "NodeName=n$n NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + n)) CPUs=$cpus RealMemory=$memory Gres=gpu:2" \
      >>"$cluster/slurm.conf"
  done
}

start() {  # PROGRAM [ARGUMENTS...]: in a session of its own, with none of our pipes, which would never close
  setsid "$@" </dev/null >>"$cluster/log/out" 2>&1 &
  daemons+=($!)
  disown  # the shell is not to tell of its end
}

cluster_down() {
  local pid status
  [ -d "$cluster" ] || return 0
  SLURM_CONF=$cluster/slurm.conf timeout 5 scancel --signal=KILL --full --user="$(id -un)" 2>/dev/null
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null; done
  # What is left of jobs and daemons: known by the configuration in their environment, which nobody else has.
  for _ in {1..20}; do
    local left=()
    for status in /proc/[0-9]*/environ; do
      pid=${status//[!0-9]/}
      [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] && grep -qzxF "SLURM_CONF=$cluster/slurm.conf" "$status" 2>/dev/null &&
        left+=("$pid")
    done
    [ ${#left[@]} -gt 0 ] || break
    kill -KILL "${left[@]}" 2>/dev/null
    sleep 0.1
  done
  rm -rf "$cluster"
}

# Tears down when the test cannot do it itself: killed, or past its time.
watch_test() {  # SECONDS
  local deadline=$((SECONDS + $1)) test=$$
  while kill -0 "$test" 2>/dev/null && [ -d "$cluster" ]; do
    [ $SECONDS -lt $deadline ] || { echo "past its time of $1 s" >&2; kill -TERM "$test"; sleep 5; break; }
    sleep 0.5
  done
  cluster_down
  cd / && rm -rf "$work"
}

all_idle() { [ "$(sinfo --noheader --partition=all --Node --format=%T 2>/dev/null | grep -cx idle)" = "$1" ]; }

# cluster_up NODES CPUS SECONDS: nodes n1, n2, ... with so many CPUs and two GPUs each; the test may take so long.
cluster_up() {
  local nodes=$1 cpus=$2 port n
  trap 'cluster_down; cd / && rm -rf "$work"' EXIT
  trap 'exit 143' TERM INT HUP
  port=$(free_ports) || { fail "no free ports"; finish; }
  write_configuration "$nodes" "$cpus" "$port"
  (watch_test "$3" </dev/null >/dev/null &)
  export SLURM_CONF=$cluster/slurm.conf
  start munged --force --foreground --num-threads=2 --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" \
    --pid-file="$cluster/munge/pid" --log-file="$cluster/munge/log" --seed-file="$cluster/munge/seed"
  wait_until 10 [ -S "$cluster/munge/socket" ]
  start slurmctld -D -c
  for ((n = 1; n <= nodes; ++n)); do start slurmd -D -N "n$n"; done
  wait_until 30 all_idle "$nodes" || {
    fail "the cluster does not come up"
    scontrol show nodes >&2
    tail -n 20 "$cluster"/log/* >&2
    finish
  }
  export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_mpi_yield_when_idle=1
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none
}

# job_field JOB KEY : what Slurm says of it.
job_field() { scontrol show job "$1" | sed -n "s/^.*\b$2=\([^ ]*\).*/\1/p" | head -1; }

# need COMMAND... : the rest makes no sense without it; says what the jobs said.
need() {
  ok "$@"
  [ "$failures" = 0 ] && return
  scontrol show jobs >&2
  tail -n 100 "$work"/lvr-*.log "$cluster"/log/* >&2
  finish
}

# submit ARGUMENTS... : the job's number in $job, its log in $log.
submit() {
  job=$(sbatch --parsable "$@") || need false
  log=$(job_field "$job" StdOut)
}

has_ended() { case $(job_field "$1" JobState) in PENDING | RUNNING | COMPLETING | CONFIGURING) false ;; esac; }

# ends JOB STATUS : within a minute, with that exit status.
ends() {
  local got
  checks=$((checks + 1))
  wait_until 60 has_ended "$1" || { fail "job $1 does not end"; scancel "$1"; }
  got=$(job_field "$1" ExitCode)
  [ "$got" = "$2:0" ] || { fail "job $1: status $got instead of $2"; cat "$(job_field "$1" StdOut)" >&2; }
}

is_pending() { [ "$(job_field "$1" JobState)" = PENDING ] && [ "$(job_field "$1" Restarts)" = "$2" ]; }
says() { grep -q "$1" "$2"; }
says_times() { [ "$(grep -c "$2" "$3" 2>/dev/null)" = "$1" ]; }

# Slurm waits two minutes before it starts a requeued job, as a node refuses one that starts in the very second in
# which it was stopped; two seconds do.
starts_now() {
  sleep 2
  scontrol update JobId="$1" StartTime=now 2>/dev/null
  sleep 1
  case $(job_field "$1" JobState) in RUNNING | COMPLETED) ;; *) false ;; esac
}

# same_features FOLDER FOLDER : the same files with the same bytes, parts among them.
same_features() {
  [ -f "$1/part-000001.h5" ] && [ -f "$1/index.h5" ] && diff -r --brief "$1" "$2" >&2
}

# images FOLDER COPIES : a folder of three small pictures, so many times.
images() {
  local copy image
  mkdir -p "$1"
  for ((copy = 0; copy < $2; ++copy)); do
    for image in jpeg_420.jpg png_rgb.png webp_lossy.webp; do
      cp "$LVR_SOURCE_DIR/tests/golden/images/$image" "$1/$copy-$image" || fail "no $image"
    done
  done
}
