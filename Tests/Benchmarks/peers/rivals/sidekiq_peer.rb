# Sidekiq: the worker's job, and the sender when run as a program: MODE COUNT, answered with one line of JSON.
#
# Sidekiq has no results. For the modes that wait, the job itself pushes to a list that the sender pops from.

require "json"
require "sidekiq"

WARM_UP = 100
IN_FLIGHT = 64
BULK = 1000
REPLIES = "replies"
CONNECTION = {url: ENV.fetch("PEERS_URL"), driver: :hiredis}.freeze
FINISHED = File.open(ENV.fetch("PEERS_FINISHED"), "ab").tap { |file| file.sync = true }

Sidekiq.configure_server { |config| config.redis = CONNECTION }
Sidekiq.configure_client { |config| config.redis = CONNECTION }
Sidekiq.logger.level = Logger::WARN # otherwise two lines a job

class Noop
  include Sidekiq::Job

  def perform(replies = nil)
    FINISHED.write(".")
    Sidekiq.redis { |redis| redis.lpush(replies, "1") } if replies
  end
end

module Sender
  module_function

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def rate(count, jobs = count + WARM_UP)
    start = now
    yield
    seconds = now - start
    puts JSON.generate(jobs: jobs, seconds: seconds, rate: count / seconds)
  end

  def reply
    Sidekiq.redis { |redis| redis.brpop(REPLIES, timeout: 60) } or abort "no job was done for 60 s"
  end

  def round_trip
    Noop.perform_async(REPLIES)
    reply
  end

  def enqueue(count)
    WARM_UP.times { Noop.perform_async }
    rate(count) { count.times { Noop.perform_async } }
  end

  def bulk(count)
    batches = count / BULK
    abort "in bulk, at least #{BULK} jobs" if batches.zero?
    WARM_UP.times { Noop.perform_async }
    rate(batches * BULK, batches * BULK + WARM_UP) do
      batches.times { Sidekiq::Client.push_bulk("class" => Noop, "args" => Array.new(BULK) { [] }) }
    end
  end

  def awaited(count)
    WARM_UP.times { round_trip }
    window = [IN_FLIGHT, count].min
    rate(count) do
      window.times { Noop.perform_async(REPLIES) }
      (count - window).times { round_trip_in_window }
      window.times { reply }
    end
  end

  def round_trip_in_window
    reply
    Noop.perform_async(REPLIES)
  end

  def latency(count)
    WARM_UP.times { round_trip }
    latencies = Array.new(count) do
      sleep(rand * 0.01)
      start = now
      round_trip
      now - start
    end.sort
    rank = ->(part) { latencies[[(count * part).ceil - 1, 0].max] * 1000 }
    puts JSON.generate(p50: rank.call(0.5), p99: rank.call(0.99))
  end
end

if $PROGRAM_NAME == __FILE__
  mode, count = ARGV
  abort "this rival does not know the mode #{mode}" unless %w[enqueue bulk awaited latency].include?(mode)
  Sender.public_send(mode, Integer(count))
end
