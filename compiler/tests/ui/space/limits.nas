// Limits on what can be counted.

space s() {
    input image: [3, 8, 8]
    let body = image -> conv(8)
    limit flops <= 300M //~ E0501
    limit macs(head) <= 300M //~ E0501
    limit macs(body + 1) <= 300M //~ E0501
    limit latency <= 60ms //~ E0501
    limit memory(body) <= 5MB //~ E0501
    limit memory_trainig <= 5MB //~ E0501
    limit memory <= 0.5 //~ E0502
    limit params in 5M..=3M //~ E0502
    limit params in 5M //~ E0502
    limit macs <= 0 - 3 //~ E0502
    limit macs(body) <= 0.3M
    output y = body
}
