// An allocator that counts what the tensors of a thread hold.
//
// It stands before libtorch's own on the CPU, and only counts where it is asked to. The Rust side is
// `src/torch/memory.rs`.

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace {

thread_local bool counting = false;
thread_local int64_t live = 0;
thread_local int64_t peak = 0;

// What stands before the bytes of a tensor. Some callers take the address of the bytes for all that there is to free.
struct Held {
  c10::DataPtr own;
  int64_t bytes;
  bool counted;
};

// Keeps the alignment of libtorch's own allocator.
constexpr size_t kRoom = 64;
static_assert(sizeof(Held) <= kRoom);

void release(void* data) {
  if (data == nullptr) return;
  auto* held = reinterpret_cast<Held*>(static_cast<char*>(data) - kRoom);
  if (held->counted) live -= held->bytes;
  const c10::DataPtr own = std::move(held->own);
  held->~Held();
}

class Counting final : public c10::Allocator {
 public:
  explicit Counting(c10::Allocator* inner) : inner_(inner) {}

  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &release, c10::Device(c10::kCPU)};
    auto own = inner_->allocate(bytes + kRoom);
    auto* start = static_cast<char*>(own.get());
    new (start) Held{std::move(own), static_cast<int64_t>(bytes), counting};
    if (counting) {
      live += static_cast<int64_t>(bytes);
      peak = std::max(peak, live);
    }
    return {start + kRoom, start + kRoom, &release, c10::Device(c10::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* to, const void* from, std::size_t bytes) const override { inner_->copy_data(to, from, bytes); }

 private:
  c10::Allocator* inner_;
};

// Before `main`, and for as long as the process lives: libtorch frees scratch memory with the allocator of that moment,
// whoever made it, so another one must not come in while an operation runs.
[[maybe_unused]] const bool placed = [] {
  c10::SetCPUAllocator(new Counting(c10::GetCPUAllocator()), 255);
  return true;
}();

}  // namespace

extern "C" {

// Begins to count on this thread, from zero.
void nasc_count_bytes() {
  live = 0;
  peak = 0;
  counting = true;
}

// The bytes that are held and the most that were held since; begins anew with what is held as the most.
void nasc_counted_bytes(int64_t* held, int64_t* most) {
  *held = live;
  *most = peak;
  peak = live;
}

// Ends it.
void nasc_stop_counting() { counting = false; }

}  // extern "C"
