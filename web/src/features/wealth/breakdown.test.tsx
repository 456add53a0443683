// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { renderPart } from '../../testing/render'
import { Breakdown } from './breakdown'

const part = (key: string, amount: string) => ({
  key,
  label: key,
  value: { amount, currency: 'AUD' },
})

describe('a breakdown', () => {
  it('has the largest first, bars measured by what is farthest from zero, and explains', () => {
    const onExplain = vi.fn()
    const parts = [part('debt', '-800'), part('cash', '100.0'), part('property', '400.00')]
    const { container } = renderPart(<Breakdown title="By type" {...{ parts, onExplain }} />)

    const rows = screen.getAllByRole('rowheader').map(({ textContent }) => textContent)
    expect(rows).toEqual(['property', 'cash', 'debt'])
    const bars = [...container.querySelectorAll<HTMLElement>('[style]')]
    expect(bars.map(({ style }) => style.width)).toEqual(['50%', '12.5%', '100%'])

    fireEvent.click(screen.getByRole('button', { name: '\u2212800' }))
    expect(onExplain).toHaveBeenCalledWith('debt')
  })
})
