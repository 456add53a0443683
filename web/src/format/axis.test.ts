import { describe, expect, it } from 'vitest'
import { axisLabels } from './axis'
import { CONVENTIONS } from './conventions'

const { en, mn } = CONVENTIONS

describe('the labels of an axis', () => {
  it.each([
    [[0, 500, 1000], 500, ['0', '0.5k', '1.0k']],
    [[1_200_000, 1_250_000], 50_000, ['1.20M', '1.25M']],
    [[-200_000, 0, 200_000], 200_000, ['\u2212200k', '0', '200k']],
    [[2e9, 4e9], 2e9, ['2B', '4B']],
    [[10, 20, 30], 10, ['10', '20', '30']],
    [[0.2, 0.4], 0.2, ['0.2', '0.4']],
    [[], 1, []],
  ])('of %j are told apart', (positions, step, labels) => {
    expect(axisLabels(positions, step, en)).toEqual(labels)
  })

  it('are Mongolian in Mongolian', () => {
    expect(axisLabels([2e6, 4e6], 2e6, mn)).toEqual(['2 сая', '4 сая'])
    expect(axisLabels([3e9], 1e9, mn)).toEqual(['3 тэрбум'])
  })
})
