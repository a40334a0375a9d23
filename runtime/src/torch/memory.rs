//! Memory of the process and of the device.

use super::{Device, TorchError, shim};

/// Keeps freed memory in the process: the same big blocks are needed in every step, and taking them back from the
/// operating system costs a page fault for each 4 kB. Call it first in `main`, before anything big is allocated.
///
/// It does something with glibc alone.
pub fn tune_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let thresholds = [
            (libc::M_MMAP_THRESHOLD, 1 << 30),
            (libc::M_TRIM_THRESHOLD, i32::MAX),
            (libc::M_TOP_PAD, 64 << 20),
        ];
        for (threshold, bytes) in thresholds {
            // SAFETY: mallopt only sets parameters of the allocator and may be called at any time; a refusal (0)
            // leaves the default, which is slower and nothing else.
            #[expect(unsafe_code, reason = "the C library's own interface")]
            unsafe {
                libc::mallopt(threshold, bytes);
            }
        }
    }
}

/// The most bytes held at once since the process began: its resident memory for the CPU, the tensors on a CUDA device.
/// None where nobody counts.
pub fn peak_bytes(device: Device) -> Result<Option<u64>, TorchError> {
    match device {
        Device::Cpu => Ok(resident_peak()),
        Device::Cuda(index) => shim::cuda_peak_bytes(index).map(Some),
        Device::Mps | Device::Vulkan => Ok(None),
    }
}

/// Counts the bytes that tensors made by this thread on the CPU hold, until it is dropped. One at a time per thread.
///
/// What a library below libtorch takes for itself while an operation runs is not counted.
#[derive(Debug)]
#[must_use = "counting ends as soon as this is dropped"]
pub struct Counting {
    // The counters belong to the thread.
    _thread: std::marker::PhantomData<*const ()>,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Bytes that are held now by tensors made since the count began.
    pub held: u64,
    /// The most that were held at once since the last question.
    pub most: u64,
}

/// Begins to count on this thread, from zero.
pub fn count_bytes() -> Counting {
    shim::count_bytes();
    Counting { _thread: std::marker::PhantomData }
}

impl Counting {
    /// What is held, and the most that was held since the last question.
    pub fn ask(&self) -> Counted {
        let [held, most] = shim::counted_bytes();
        Counted { held, most }
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        shim::stop_counting();
    }
}

fn resident_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Kind, Tensor};

    #[test]
    #[cfg(target_os = "linux")]
    fn the_peak_stays_when_memory_goes() {
        let bytes = 64 << 20;
        drop(Tensor::ones([bytes], (Kind::Uint8, Device::Cpu)));
        assert!(peak_bytes(Device::Cpu).unwrap().unwrap() >= bytes.cast_unsigned());
    }

    #[test]
    fn bytes_are_counted_by_thread() {
        let before = Tensor::ones([1000], (Kind::Float, Device::Cpu));
        let counting = count_bytes();
        let first = Tensor::ones([1000], (Kind::Float, Device::Cpu));
        std::thread::spawn(|| drop(Tensor::ones([9999], (Kind::Float, Device::Cpu))))
            .join()
            .unwrap();
        let second = Tensor::ones([500], (Kind::Float, Device::Cpu));
        drop(first);
        assert_eq!(counting.ask(), Counted { held: 2000, most: 6000 });
        assert_eq!(counting.ask(), Counted { held: 2000, most: 2000 });
        drop((before, second));
        assert_eq!(counting.ask().held, 0);
        drop(counting);
        let counting = count_bytes();
        assert_eq!(counting.ask(), Counted { held: 0, most: 0 });
    }

    #[test]
    fn tuning_twice_does_no_harm() {
        tune_allocator();
        tune_allocator();
    }
}
