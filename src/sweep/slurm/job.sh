# One trial of the plan; written by runner submit.
{runner} worker {plan} --sha256 {sha256} --index "$SLURM_ARRAY_TASK_ID" \
    --threads "${SLURM_CPUS_PER_TASK:-1}" &
trial=$!
late=0
# Slurm gives notice of the time limit to this shell: the trial saves its state and leaves.
trap 'late=1; kill -USR1 $trial' USR1
trap 'kill -TERM $trial' TERM INT
# A signal ends a wait, but not the trial.
while kill -0 $trial 2>/dev/null; do
    wait $trial
done
wait $trial
code=$?
if [ $late -eq 1 ] && [ $code -eq 130 ]; then
    echo "queued again: the trial goes on where it was"
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit $code
