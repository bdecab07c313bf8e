//! Which vector instructions the kernels use, chosen at run time, and on how many threads.

use super::buffer::{Buffer, Pool};
use pulp::WithSimd;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A set of vector instructions. All of them give the same bits; they differ in speed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// No vectors; fused multiply-add from the standard library.
    Portable,
    /// 256-bit vectors with FMA (x86-64-v3).
    Avx2,
    /// 512-bit vectors (x86-64-v4).
    Avx512,
    /// 128-bit vectors of 64-bit Arm.
    Neon,
}

/// A name that is not a SIMD level of this machine.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("RUNNER_SIMD: no SIMD level {name:?} on this machine")]
#[diagnostic(help("one of: {known}"))]
pub struct UnknownLevel {
    name: String,
    known: String,
}

impl Level {
    /// The levels that this machine has, slowest first.
    pub fn available() -> Vec<Self> {
        let mut levels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            levels.extend(pulp::x86::V3::try_new().map(|_| Self::Avx2));
            levels.extend(pulp::x86::V4::try_new().map(|_| Self::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        levels.extend(pulp::aarch64::Neon::try_new().map(|_| Self::Neon));
        levels
    }

    /// The fastest level of this machine.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::Portable)
    }

    /// The level that the environment variable `RUNNER_SIMD` forces, else the fastest.
    ///
    /// # Errors
    /// When the variable names no level of this machine.
    pub fn from_environment() -> Result<Self, UnknownLevel> {
        let Some(name) = std::env::var_os("RUNNER_SIMD").filter(|name| !name.is_empty()) else {
            return Ok(Self::best());
        };
        let name = name.to_string_lossy().into_owned();
        let available = Self::available();
        let found = available.iter().find(|level| level.name() == name);
        found.copied().ok_or_else(|| UnknownLevel {
            name,
            known: available.iter().map(|level| level.name()).collect::<Vec<_>>().join(", "),
        })
    }

    /// The name that `RUNNER_SIMD` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// Runs an operation compiled for this level. A level that the machine lacks cannot be had
    /// from [`Self::available`]; should one be passed, the operation runs without vectors.
    #[inline]
    pub(crate) fn run<Op: WithSimd>(self, operation: Op) -> Op::Output {
        #[cfg(target_arch = "x86_64")]
        match self {
            Self::Avx512 => {
                if let Some(simd) = pulp::x86::V4::try_new() {
                    return pulp::Simd::vectorize(simd, operation);
                }
            }
            Self::Avx2 => {
                if let Some(simd) = pulp::x86::V3::try_new() {
                    return pulp::Simd::vectorize(simd, operation);
                }
            }
            Self::Portable | Self::Neon => {}
        }
        #[cfg(target_arch = "aarch64")]
        if self == Self::Neon
            && let Some(simd) = pulp::aarch64::Neon::try_new()
        {
            return pulp::Simd::vectorize(simd, operation);
        }
        operation.with_simd(pulp::Scalar)
    }
}

/// Bytes in a cache line.
pub(crate) const LINE: usize = 64;

/// Asks for a cache line before it is needed: the one `line` lines after the element that stands
/// `ahead` elements after this one, which need not exist. Where arrays stand in the third level
/// cache, the processor's own guess comes too late. The line comes into the first level cache, or,
/// `FAR` ahead of its use, into the second.
#[inline(always)]
#[allow(unsafe_code)]
pub(crate) fn prefetch<const FAR: bool, T>(element: &T, ahead: usize, line: usize) {
    let address = std::ptr::from_ref(element).wrapping_add(ahead);
    let address = address.cast::<i8>().wrapping_add(line * LINE);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and never faults, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        if FAR {
            _mm_prefetch::<_MM_HINT_T1>(address);
        } else {
            _mm_prefetch::<_MM_HINT_T0>(address);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Defines a function whose body is compiled once for every SIMD level. The body is plain Rust on
/// slices; the compiler turns its loops into vectors of whatever width the level has. It must
/// contain no sum over a slice, whose order the width would decide: that is what
/// [`crate::reduce`] is for.
macro_rules! vectorized {
    (@output) => { () };
    (@output $output:ty) => { $output };
    (
        $(#[$meta:meta])*
        $visibility:vis fn $name:ident<$life:lifetime>(
            $($argument:ident: $type:ty),* $(,)?
        ) $(-> $output:ty)? $body:block
    ) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $visibility fn $name<$life>(
            level: $crate::Level, $($argument: $type),*
        ) $(-> $output)? {
            struct Operation<$life> { $($argument: $type),* }
            impl<$life> pulp::WithSimd for Operation<$life> {
                type Output = vectorized!(@output $($output)?);
                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) -> Self::Output {
                    let Self { $($argument),* } = self;
                    $body
                }
            }
            level.run(Operation { $($argument),* })
        }
    };
}
pub(crate) use vectorized;

/// What a kernel computes with: a SIMD level, a number of threads, and memory that goes from one
/// kernel to the next. None of them changes a bit of any result.
#[derive(Clone, Debug)]
pub struct Compute {
    /// The vector instructions.
    pub level: Level,
    pool: Option<Arc<ThreadPool>>,
    /// How many threads of the pool, at the moment.
    share: Arc<AtomicUsize>,
    memory: Pool,
}

impl Compute {
    /// Computes on the calling thread alone.
    pub fn single(level: Level) -> Self {
        Self { level, pool: None, share: Arc::new(1.into()), memory: Pool::default() }
    }

    /// Computes on `threads` threads; 0 counts as 1. When the system refuses the threads, the
    /// calling thread does all the work: the result is the same.
    pub fn new(level: Level, threads: usize) -> Self {
        let build = || ThreadPoolBuilder::new().num_threads(threads).build().ok();
        let pool = (threads > 1).then(build).flatten().map(Arc::new);
        let share = Arc::new(AtomicUsize::new(if pool.is_some() { threads } else { 1 }));
        Self { level, pool, share, memory: Pool::default() }
    }

    /// Computes on threads of a pool on which others compute too: on as many as `share` says, which
    /// may change at any time.
    pub fn sharing(level: Level, pool: Arc<ThreadPool>, share: Arc<AtomicUsize>) -> Self {
        Self { level, pool: Some(pool), share, memory: Pool::default() }
    }

    /// An array of `len` arbitrary numbers: whoever takes it writes each before reading it.
    pub fn buffer(&self, len: usize) -> Buffer {
        self.memory.take(len)
    }

    /// An array of zeros.
    pub fn zeros(&self, len: usize) -> Buffer {
        let mut buffer = self.buffer(len);
        buffer.fill(0.0);
        buffer
    }

    /// Takes an array over, to be given to the next who asks.
    pub fn adopt(&self, numbers: Vec<f32>) -> Buffer {
        self.memory.adopt(numbers)
    }

    /// Gives back to the system the memory that no kernel uses now: before something else than the
    /// step at hand needs memory.
    pub fn trim(&self) {
        self.memory.trim();
    }

    /// The same with memory of its own, which goes back to the system with its last user.
    pub fn afresh(&self) -> Self {
        Self { memory: Pool::default(), ..self.clone() }
    }

    /// The same on the calling thread alone, with the same memory: for work that is shared already.
    pub(crate) fn alone(&self) -> Self {
        Self { memory: self.memory.clone(), ..Self::single(self.level) }
    }

    /// Threads that share a kernel's work.
    pub fn threads(&self) -> usize {
        self.share.load(Ordering::Relaxed).max(1)
    }

    /// Does some work on one of the threads, to which it is handed over once: what it shares with
    /// the others then waits for none of them to wake up.
    pub fn enter<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Does the parts of some work, each on a thread of its own as far as there are threads.
    pub fn scope<T: Send>(&self, parts: Vec<T>, work: impl Fn(T) + Sync) {
        match &self.pool {
            Some(pool) if parts.len() > 1 => pool.scope(|scope| {
                for part in parts {
                    let work = &work;
                    scope.spawn(move |_| work(part));
                }
            }),
            _ => parts.into_iter().for_each(work),
        }
    }

    /// Hands the rows of `output`, `width` numbers each, out in contiguous parts, one a thread:
    /// `work(first_row, part)`. Outputs of fewer than `worth` rows a thread stay on fewer.
    pub(crate) fn split_rows(
        &self,
        output: &mut [f32],
        width: usize,
        worth: usize,
        work: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        let mut nothing = vec![(); output.len().checked_div(width).unwrap_or(0)];
        self.split_rows_with(output, width, &mut nothing, worth, |first, part, _| {
            work(first, part);
        });
    }

    /// [`Self::split_rows`], with a result beside each row.
    pub(crate) fn split_rows_with<T: Send>(
        &self,
        output: &mut [f32],
        width: usize,
        beside: &mut [T],
        worth: usize,
        work: impl Fn(usize, &mut [f32], &mut [T]) + Sync,
    ) {
        let rows = beside.len();
        let parts = self.threads().min(rows / worth.max(1)).max(1);
        let Some(pool) = self.pool.as_ref().filter(|_| parts > 1) else {
            return work(0, output, beside);
        };
        let share = rows.div_ceil(parts);
        pool.scope(|scope| {
            let chunks = output.chunks_mut(share * width).zip(beside.chunks_mut(share));
            for (part, (chunk, beside)) in chunks.enumerate() {
                let work = &work;
                scope.spawn(move |_| work(part * share, chunk, beside));
            }
        });
    }
}
