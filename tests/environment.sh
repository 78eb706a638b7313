# Sourced by what runs tests: how the sanitizers report, and that nothing of the caller's environment shows.
for variable in $(env | sed -n 's/^\(NIDIA_[A-Z_]*\)=.*/\1/p'); do
    unset "$variable"
done
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
