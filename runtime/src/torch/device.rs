//! Devices and threads.

use super::{Device, TorchError, shim};

/// The device called `cpu`, `cuda` (the first one) or `cuda:N`, made sure to be there.
pub fn parse_device(name: &str) -> Result<Device, TorchError> {
    let refused =
        |reason: &str| TorchError::NoDevice { name: name.to_owned(), reason: reason.to_owned() };
    let index = match name.split_once(':') {
        None if name == "cpu" => return Ok(Device::Cpu),
        None if name == "cuda" => 0,
        Some(("cuda", index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => {
            index.parse().map_err(|_| refused("its number is out of range"))?
        }
        _ => return Err(refused("write `cpu`, `cuda` or `cuda:N`")),
    };
    if !tch::utils::has_cuda() {
        return Err(refused(
            "this libtorch has no CUDA; `python3 bootstrap.py cuda` brings one that has",
        ));
    }
    let count = tch::Cuda::device_count();
    if index >= count {
        return Err(refused(&format!("{count} CUDA devices are visible")));
    }
    Ok(Device::Cuda(index as usize))
}

/// The version of libtorch that this was built against.
pub fn version() -> &'static str {
    env!("NASC_LIBTORCH_VERSION")
}

/// Sets the number of threads that one operation may use. The setting belongs to the calling thread and to threads it
/// starts later; results are bit-identical between runs only at equal numbers.
pub fn set_threads(count: usize) {
    tch::set_num_threads(i32::try_from(count.max(1)).unwrap_or(i32::MAX));
}

/// The number of threads that one operation may use.
pub fn threads() -> usize {
    usize::try_from(tch::get_num_threads()).unwrap_or(1)
}

/// Chooses, for all CUDA devices, kernels that give the same bits in every run and compute with whole 32-bit floats, or
/// the faster ones. PyTorch's default, and libtorch's, are the faster ones. On the CPU both are the same.
pub fn use_exact_kernels(exact: bool) -> Result<(), TorchError> {
    shim::exact_kernels(exact)
}

/// Waits for all work that was handed to the device; work on the CPU is done when its call returns.
pub fn synchronize(device: Device) {
    if let Device::Cuda(index) = device {
        tch::Cuda::synchronize(index as i64);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic and say so")]

    use super::*;

    #[test]
    fn names_of_devices() {
        assert_eq!(parse_device("cpu").unwrap(), Device::Cpu);
        for name in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "CUDA"] {
            let error = parse_device(name).unwrap_err().to_string();
            assert!(error.starts_with(&format!("no device `{name}`: ")), "{error}");
        }
        if tch::Cuda::is_available() {
            assert_eq!(parse_device("cuda").unwrap(), Device::Cuda(0));
        } else {
            assert!(parse_device("cuda").is_err());
        }
        assert!(parse_device("cuda:4096").is_err());
    }

    /// What a CPU computes: the sums of a convolution in whole 32-bit floats.
    #[test]
    fn exact_kernels_agree_with_the_cpu() {
        use crate::torch::{Kind, Tensor};
        let device = parse_device("cuda").unwrap_or(Device::Cpu);
        if device == Device::Cpu {
            eprintln!("skipped: no CUDA device to compare with");
        }
        use_exact_kernels(true).unwrap();
        let image = Tensor::randn([2, 64, 16, 16], (Kind::Float, Device::Cpu));
        let weight = Tensor::randn([64, 64, 3, 3], (Kind::Float, Device::Cpu)) / 24.0;
        let run =
            |on| image.to_device(on).conv2d(&weight.to_device(on), None::<&Tensor>, 1, 1, 1, 1);
        let gap = (run(device).to_device(Device::Cpu) - run(Device::Cpu)).abs().max();
        use_exact_kernels(false).unwrap();
        assert!(gap.double_value(&[]) < 1e-4);
    }

    #[test]
    fn threads_are_set_per_thread() {
        let set = std::thread::spawn(|| {
            set_threads(1);
            threads()
        });
        assert_eq!(set.join().unwrap(), 1);
    }
}
