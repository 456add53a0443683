// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { renderPart } from '../../testing/render'
import { CHART } from './chart-sample'
import { ChartTable } from './chart-table'

const cells = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map(row => [...row.children].map(cell => cell.textContent?.replaceAll('\u00a0', ' ')))

describe('the chart of accounts', () => {
  it('shows the sums of groups and the balances of accounts', () => {
    renderPart(<ChartTable chart={CHART} chosen={undefined} onAccount={vi.fn()} />)
    expect(cells()).toEqual([
      ['\u25beassets', '1,080.50AUDand 2 things'],
      ['\u25bebank', '1,000.50AUD'],
      ['Everyday accountAsset', '1,000.50AUD'],
      ['Jar of coinsAsset · frozen', '80.00AUD'],
      ['\u25beincome', '\u22121,080.50AUD'],
      ['income:wagesIncome', '1,080.50AUD'],
      ['acct_looseAsset · closed', '0.00AUD'],
    ])
    expect(screen.getByText('4 accounts')).toBeTruthy()
  })

  it('folds a group away, and shows it again', () => {
    renderPart(<ChartTable chart={CHART} chosen={undefined} onAccount={vi.fn()} />)
    const assets = screen.getByRole('button', { name: 'assets' })
    expect(assets.getAttribute('aria-expanded')).toBe('true')
    fireEvent.click(assets)
    expect(assets.getAttribute('aria-expanded')).toBe('false')
    expect(screen.queryByRole('button', { name: 'Everyday account' })).toBeNull()
    fireEvent.click(assets)
    expect(screen.getByRole('button', { name: 'Everyday account' })).toBeTruthy()
  })

  it('leads to an account', () => {
    const onAccount = vi.fn()
    renderPart(<ChartTable chart={CHART} chosen="acct_jar" onAccount={onAccount} />)
    fireEvent.click(screen.getByRole('button', { name: 'Everyday account' }))
    expect(onAccount).toHaveBeenCalledExactlyOnceWith('acct_everyday')
    const jar = screen.getByRole('button', { name: 'Jar of coins' })
    expect(jar.getAttribute('aria-pressed')).toBe('true')
  })
})
